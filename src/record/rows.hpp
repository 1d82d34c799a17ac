#pragma once

#include <map>

#include "record/fact_rows.hpp"
#include "record/state_rows.hpp"

namespace tally::record {

using SourceSlots = std::map<model::SourceId, Slots>;

/// Writes what a batch says into the tables, inside a transaction of the caller. Throws SqliteError.
class Rows {
  public:
    /// `slots` outlive it, and the connection.
    Rows(Database& db, SourceSlots& slots)
        : slots_(slots), texts_(db), births_(db), facts_(db, texts_), state_(db, texts_) {}

    /// What happened; what is so may follow later, in the same transaction.
    void write_facts(const model::Batch& batch) {
        Slots& slots = slots_[batch.source];
        births_.take(batch, slots);
        facts_.write(batch, slots);
    }

    /// What is so, once the batch holds all that changed since the last call.
    void write_state(const model::Batch& batch) {
        Slots& slots = slots_[batch.source];
        state_.write(batch, slots);
        slots.settle();
    }

    /// After a rollback: forgets what the transaction had given out. Slots are set again when their births
    /// are written again.
    void rolled_back() {
        texts_.forget();
        facts_.forget();
        state_.forget();
        for (auto& [source, slots] : slots_) {
            slots.settle();
        }
    }

  private:
    SourceSlots& slots_;
    Texts texts_;
    Births births_;
    FactRows facts_;
    StateRows state_;
};

}  // namespace tally::record
