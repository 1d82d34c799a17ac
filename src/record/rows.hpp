#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "record/database.hpp"
#include "record/texts.hpp"
#include "tally/model/facts.hpp"

namespace tally::record {

/// Which row a slot of a World is written to, per source.
struct Slots {
    std::vector<std::int64_t> tasks, instances, deployments;

    static void put(std::vector<std::int64_t>& rows, model::Slot slot, std::int64_t row);
};

/// Writes what a batch says into the tables: one prepared statement per kind of row. Runs inside a
/// transaction of the caller. Throws SqliteError.
class Rows {
  public:
    Rows(Database& db, model::Buckets buckets);

    void write(const model::Batch& batch);

    /// After a rollback: forgets what the transaction had given out. Slots are set again when their births
    /// are written again.
    void rolled_back() { texts_.forget(); }

    [[nodiscard]] Slots& slots(model::SourceId source) { return slots_[source]; }

  private:
    void write_apps(const model::Batch& batch);
    void write_instances(const model::Batch& batch, Slots& slots);
    void write_tasks(const model::Batch& batch, Slots& slots);
    void write_deployments(const model::Batch& batch, Slots& slots);
    void write_events(const model::Batch& batch, const Slots& slots);
    void write_identities(const model::Batch& batch);
    void write_transitions(const model::Batch& batch, const Slots& slots);
    void write_health(const model::Batch& batch, const Slots& slots);
    void write_plain(const model::Batch& batch);
    void write_numbers(const model::Batch& batch);
    [[nodiscard]] std::int64_t born_row(Statement& find, std::string_view name, model::SourceId source);
    [[nodiscard]] std::int64_t entity(const model::EntityRef& entity, const Slots& slots);

    Database& db_;
    model::Buckets buckets_;
    Texts texts_;
    boost::unordered_flat_map<model::SourceId, Slots> slots_;

    Statement update_source_, insert_label_;
    Statement insert_app_, update_app_;
    Statement insert_instance_, find_instance_, update_instance_;
    Statement insert_task_, find_task_, revive_task_, update_task_;
    Statement upsert_deployment_, update_deployment_, upsert_step_, update_step_, insert_deployment_app_,
        count_deployment_apps_, insert_correction_;
    Statement insert_event_, insert_identity_, insert_rejected_;
    Statement insert_task_transition_, insert_task_late_, insert_instance_transition_;
    Statement insert_failure_, insert_health_transition_, insert_kill_, upsert_check_, end_checks_;
    Statement upsert_hour_, insert_hour_run_;
    Statement insert_api_call_, insert_group_change_, insert_scheduler_event_, insert_subscriber_,
        insert_unknown_termination_, insert_framework_message_;
    Statement insert_counter_, update_counter_, upsert_histogram_;
};

}  // namespace tally::record
