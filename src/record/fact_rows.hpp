#pragma once

#include <map>
#include <vector>

#include "record/insert.hpp"
#include "record/slots.hpp"
#include "record/texts.hpp"

namespace tally::record {

/// Writes what happened: rows that are only ever added.
class FactRows {
  public:
    FactRows(Database& db, Texts& texts);

    /// The births of the batch must have been taken.
    void write(const model::Batch& batch, const Slots& slots);
  private:
    void write_events(const model::Batch& batch, const Slots& slots);
    void write_identities(const model::Batch& batch);
    void write_transitions(const model::Batch& batch, const Slots& slots);
    void write_health(const model::Batch& batch, const Slots& slots);
    void write_checks(const model::Batch& batch);
    void write_marks(const model::Batch& batch);
    void write_plain(const model::PlainFact& fact);
    [[nodiscard]] std::int64_t entity(const model::EntityRef& entity, const Slots& slots);

    Texts& texts_;
    std::map<model::SourceId, model::Seq> alive_;  ///< the last mark of a source, if it was `alive`
    Insert events_, task_transitions_, instance_transitions_, failures_, health_transitions_;
    Statement insert_block_, insert_identity_, insert_rejected_, insert_task_late_, insert_kill_, upsert_check_, end_checks_,
        insert_mark_, delete_mark_, insert_correction_;
    Statement insert_api_call_, insert_group_change_, insert_scheduler_event_, insert_subscriber_,
        insert_unknown_termination_, insert_framework_message_;
};

}  // namespace tally::record
