#pragma once

#include "record/input_kinds.hpp"
#include "record/minutes.hpp"
#include "record/row_feed.hpp"
#include "record/slots.hpp"
#include "record/texts.hpp"

namespace tally::record {

/// Writes table input: each event with the fact it made, and what snapshots showed.
class InputRows {
  public:
    InputRows(Database& db, Texts& texts);

    /// The births of the batch must have been taken.
    void write(const model::Batch& batch, const Slots& slots);
    /// After a rollback.
    void forget() {
        kinds_.forget();
        rows_.forget();
    }

    /// As input.subject has it.
    [[nodiscard]] std::int64_t subject(const model::EntityRef& entity, const Slots& slots);

  private:
    class Facts;

    void make(const model::Batch& batch, const Slots& slots);

    Texts& texts_;
    InputKinds kinds_;
    Minutes minutes_;
    RowFeed rows_;
};

}  // namespace tally::record
