#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "record/database.hpp"
#include "tally/base/prefetch.hpp"
#include "tally/model/facts.hpp"

namespace tally::record {

/// Which row the slots of a World stand for, of one kind: tasks, instances or deployments.
class SlotRows {
  public:
    [[nodiscard]] std::int64_t operator[](model::Slot slot) const { return rows_[slot]; }
    TALLY_PREFETCH void prefetch(model::Slot slot) const { tally::prefetch(rows_[slot]); }
    void put(model::Slot slot, std::int64_t row);

    /// Born again over a row that was there: it is to be updated, not inserted.
    [[nodiscard]] bool is_known(model::Slot slot) const { return known_.contains(slot); }
    void set_known(model::Slot slot) { known_.insert(slot); }
    /// Forgotten and born again under another slot, all since the rows of state were written last.
    [[nodiscard]] bool is_over(model::Slot slot) const { return over_.contains(slot); }
    void set_over(model::Slot slot) { over_.insert(slot); }
    /// The rows of state are written, or nothing was: both are forgotten.
    void settle() { known_.clear(), over_.clear(); }

  private:
    std::vector<std::int64_t> rows_;
    boost::unordered_flat_set<model::Slot> known_, over_;
};

/// The rows behind the slots of one source.
struct Slots {
    SlotRows tasks, instances, deployments;

    void settle() { tasks.settle(), instances.settle(), deployments.settle(); }
};

/// Gives the slots their rows: of the same name if there can be one, else new ones.
class Births {
  public:
    explicit Births(Database& db);

    void take(const model::Batch& batch, Slots& slots);

  private:
    /// Rows of one table: the last row given out, and how one is found by name.
    struct Table {
        Table(Database& db, std::string_view table, std::string_view id);

        std::int64_t last = 0;
        Statement find;
    };

    static void take(const model::Birth& birth, model::SourceId source, Table& table, SlotRows& rows);

    Database& db_;
    Table tasks_, instances_, deployments_;
    bool have_names_ = false;  ///< the indices by name are there
};

}  // namespace tally::record
