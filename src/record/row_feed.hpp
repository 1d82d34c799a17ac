#pragma once

#include <optional>
#include <string>
#include <vector>

#include "record/database.hpp"

namespace tally::record {

/// One row: numbers, of which the first is the rowid, and a text. no_time stands for NULL, and so does a text of nowhere.
struct FeedRow {
    static constexpr std::size_t numbers_max = 16;
    std::int64_t numbers[numbers_max];
    std::string_view text;
};

/// An id as it is in a row: 0 is NULL.
inline std::int64_t or_null(std::int64_t id) { return id == 0 ? model::no_time : id; }

/// Adds many rows to a table: SQLite takes them in one INSERT ... SELECT from a virtual table that shows them, in half the
/// time that bound parameters take (bench/README.md).
class RowFeed {
  public:
    /// `columns` of `table`, with commas between: those of the numbers, then that of the text. Rows are added to the table by this
    /// one alone, and `db` outlives it.
    RowFeed(Database& db, const std::string& table, const std::string& columns);
    RowFeed(const RowFeed&) = delete;
    RowFeed& operator=(const RowFeed&) = delete;

    /// A row more, all NULL but `rowid`. It stays where it is until the next call.
    FeedRow& add(std::int64_t rowid);
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] const std::vector<FeedRow>& rows() const { return rows_; }

    /// Writes the rows added, and forgets them. Text must live until the return.
    void write();
    /// After a rollback.
    void forget() {
        rows_.clear();
        last_.reset();
    }

  private:
    std::int64_t leave_out_rowids();

    Database& db_;
    std::vector<FeedRow> rows_;
    std::optional<std::int64_t> last_;  ///< no rowid in the table is greater
    Statement greatest_, insert_;
};

}  // namespace tally::record
