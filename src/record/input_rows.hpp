#pragma once

#include <optional>
#include <vector>

#include "record/input_kinds.hpp"
#include "record/minutes.hpp"
#include "record/slots.hpp"
#include "record/texts.hpp"

namespace tally::record {

/// One row of table input. no_time stands for NULL.
struct InputRow {
    static constexpr int numbers_max = 12;
    std::int64_t numbers[numbers_max];  ///< the columns, but for the last; seq is no_time where that comes of itself
    std::string_view message;
};

/// Writes table input: each event with the fact it made, and what snapshots showed.
///
/// Rows go to SQLite by a virtual table that shows them, in one INSERT ... SELECT: a third less time a row than
/// bound parameters (bench/README.md).
class InputRows {
  public:
    InputRows(Database& db, Texts& texts);
    ~InputRows();
    InputRows(const InputRows&) = delete;
    InputRows& operator=(const InputRows&) = delete;

    /// The births of the batch must have been taken.
    void write(const model::Batch& batch, const Slots& slots);
    /// After a rollback.
    void forget() {
        kinds_.forget();
        last_.reset();
    }

    /// As input.subject has it.
    [[nodiscard]] std::int64_t subject(const model::EntityRef& entity, const Slots& slots);

  private:
    class Facts;

    void make(const model::Batch& batch, const Slots& slots);
    void leave_out_seqs();

    Texts& texts_;
    InputKinds kinds_;
    Minutes minutes_;
    std::vector<InputRow> rows_;
    std::optional<model::Seq> last_;  ///< the greatest in the table, as far as it was written here
    Statement greatest_, insert_;
};

}  // namespace tally::record
