#pragma once

#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "record/insert.hpp"
#include "record/row_feed.hpp"
#include "record/slots.hpp"
#include "record/texts.hpp"

namespace tally::record {

/// Writes what is so: rows written over, or added when they are born. A World is restored from them.
class StateRows {
  public:
    StateRows(Database& db, Texts& texts);

    /// The births since the last call must have been taken.
    void write(const model::Batch& batch, const Slots& slots);
    /// After a rollback.
    void forget() {
        series_.clear();
        instances_.forget();
        tasks_.forget();
    }

  private:
    void write_apps(const model::Batch& batch);
    void write_instances(const model::Batch& batch, const Slots& slots);
    void write_tasks(const model::Batch& batch, const Slots& slots);
    void write_deployments(const model::Batch& batch, const Slots& slots);
    void write_deployment(const model::DeploymentRow& row, const Slots& slots);
    void write_deployment_parts(const model::Batch& batch, const Slots& slots);
    void write_numbers(const model::Batch& batch);
    [[nodiscard]] std::int64_t series(const model::CellRow& cell);

    Texts& texts_;
    boost::unordered_flat_map<std::string, std::int64_t> series_;
    std::vector<const model::CellRow*> born_cells_;  // kept for its memory

    Statement update_source_, upsert_session_, upsert_gap_, insert_label_;
    Statement insert_app_, update_app_, upsert_hour_, insert_hour_run_;
    RowFeed instances_, tasks_;
    Insert cells_;
    Statement update_instance_, revive_task_, update_task_;
    Statement insert_deployment_, update_deployment_, upsert_step_, update_step_, insert_deployment_app_,
        count_deployment_apps_, delete_steps_, delete_apps_;
    Statement find_series_, update_cell_, upsert_histogram_;
};

}  // namespace tally::record
