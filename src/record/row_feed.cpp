#include "record/row_feed.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

struct Feed : sqlite3_vtab {
    const std::vector<FeedRow>* rows = nullptr;
    int text_column = 0;
};

struct Cursor : sqlite3_vtab_cursor {
    const std::vector<FeedRow>* rows = nullptr;
    int text_column = 0;
    std::size_t at = 0;
};

/// What the virtual table shows; SQLite keeps it with the module.
struct Shown {
    const std::vector<FeedRow>* rows;
    std::string columns;
    int text_column;
};

int connect(sqlite3* db, void* client, int, const char* const*, sqlite3_vtab** feed, char**) {
    const auto* shown = static_cast<const Shown*>(client);
    auto made = std::make_unique<Feed>();
    made->rows = shown->rows;
    made->text_column = shown->text_column;
    const int code = sqlite3_declare_vtab(db, fmt::format("CREATE TABLE x({})", shown->columns).c_str());
    *feed = code == SQLITE_OK ? made.release() : nullptr;
    return code;
}

int disconnect(sqlite3_vtab* feed) {
    delete static_cast<Feed*>(feed);
    return SQLITE_OK;
}

int choose(sqlite3_vtab*, sqlite3_index_info*) { return SQLITE_OK; }

int open(sqlite3_vtab* feed, sqlite3_vtab_cursor** cursor) {
    auto made = std::make_unique<Cursor>();
    made->rows = static_cast<Feed*>(feed)->rows;
    made->text_column = static_cast<Feed*>(feed)->text_column;
    *cursor = made.release();
    return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
    delete static_cast<Cursor*>(cursor);
    return SQLITE_OK;
}

int begin(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
    static_cast<Cursor*>(cursor)->at = 0;
    return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
    ++static_cast<Cursor*>(cursor)->at;
    return SQLITE_OK;
}

int is_over(sqlite3_vtab_cursor* cursor) {
    const auto* here = static_cast<Cursor*>(cursor);
    return here->at >= here->rows->size() ? 1 : 0;
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* out, int column) {
    const auto* here = static_cast<Cursor*>(cursor);
    const FeedRow& row = (*here->rows)[here->at];
    if (column < here->text_column) {
        const std::int64_t number = row.numbers[column];
        number == model::no_time ? sqlite3_result_null(out) : sqlite3_result_int64(out, number);
    } else if (row.text.data() != nullptr) {
        sqlite3_result_text64(out, row.text.data(), row.text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
    *id = static_cast<sqlite3_int64>(static_cast<Cursor*>(cursor)->at);
    return SQLITE_OK;
}

/// Without xCreate it is there for its name alone, in no schema.
sqlite3_module make_module() {
    sqlite3_module module{};
    module.xConnect = connect;
    module.xBestIndex = choose;
    module.xDisconnect = disconnect;
    module.xOpen = open;
    module.xClose = close;
    module.xFilter = begin;
    module.xNext = next;
    module.xEof = is_over;
    module.xColumn = column;
    module.xRowid = row_id;
    return module;
}

}  // namespace

RowFeed::RowFeed(Database& db, const std::string& table, const std::string& columns)
    : db_(db), greatest_(db.prepare(fmt::format("SELECT max(rowid) FROM {}", table))) {
    static const sqlite3_module module = make_module();
    const auto commas = std::count(columns.begin(), columns.end(), ',');
    TALLY_ASSERT(commas <= static_cast<std::ptrdiff_t>(FeedRow::numbers_max));
    auto shown = std::make_unique<Shown>(Shown{&rows_, columns, static_cast<int>(commas)});
    const int code = sqlite3_create_module_v2(
        db.handle(), fmt::format("{}_feed", table).c_str(), &module, shown.release(),
        [](void* client) { delete static_cast<Shown*>(client); }
    );
    if (code != SQLITE_OK) {
        throw SqliteError{code, fmt::format("cannot add {}_feed", table)};
    }
    // OR ROLLBACK as in Insert.
    insert_ = db.prepare(fmt::format("INSERT OR ROLLBACK INTO {0}({1}) SELECT * FROM {0}_feed", table, columns));
}

FeedRow& RowFeed::add(std::int64_t rowid) {
    FeedRow& row = rows_.emplace_back();
    std::fill(std::begin(row.numbers), std::end(row.numbers), model::no_time);
    row.numbers[0] = rowid;
    return row;
}

void RowFeed::write() {
    if (rows_.empty()) {
        return;
    }
    const std::int64_t last = leave_out_rowids();
    (void)insert_.step();
    insert_.reset();
    TALLY_ASSERT(db_.last_id() == last);  // or somebody else has written to the table
    rows_.clear();
}

/// A row without a rowid gets that after the greatest, and SQLite need not look for its place: a tenth of an insert's time
/// (bench/README.md). Returns the rowid of the last row.
std::int64_t RowFeed::leave_out_rowids() {
    if (!last_) {
        last_ = greatest_.step() ? greatest_.integer(0) : 0;  // NULL is 0
        greatest_.reset();
    }
    const auto by_rowid = [](const FeedRow& a, const FeedRow& b) { return a.numbers[0] < b.numbers[0]; };
    if (!std::is_sorted(rows_.begin(), rows_.end(), by_rowid)) {
        std::sort(rows_.begin(), rows_.end(), by_rowid);
    }
    const std::int64_t end = rows_.back().numbers[0];
    std::int64_t before = rows_.front().numbers[0];
    const bool are_last = before > std::exchange(last_, std::max(*last_, end));
    for (FeedRow& row : std::span(rows_).subspan(are_last ? 1 : rows_.size())) {
        const std::int64_t here = row.numbers[0];
        row.numbers[0] = here == before + 1 ? model::no_time : here;
        before = here;
    }
    return end;
}

}  // namespace tally::record
