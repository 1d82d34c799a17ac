#include "record/input_feed.hpp"

#include <memory>

#include <sqlite3.h>

namespace tally::record {

namespace {

struct Feed : sqlite3_vtab {
    const std::vector<InputRow>* rows = nullptr;
};

struct Cursor : sqlite3_vtab_cursor {
    const std::vector<InputRow>* rows = nullptr;
    std::size_t at = 0;
};

int connect(sqlite3* db, void* rows, int, const char* const*, sqlite3_vtab** feed, char**) {
    auto made = std::make_unique<Feed>();
    made->rows = static_cast<const std::vector<InputRow>*>(rows);
    const int code = sqlite3_declare_vtab(
        db, "CREATE TABLE x(seq, time_ms, kind_id, connection, app_id, task_id, subject, entity, lag_ms, dwell_ms,"
            " host_id, version_id, message)"
    );
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
    const InputRow& row = (*here->rows)[here->at];
    if (column < InputRow::numbers_max) {
        const std::int64_t number = row.numbers[column];
        number == model::no_time ? sqlite3_result_null(out) : sqlite3_result_int64(out, number);
    } else if (!row.message.empty()) {
        sqlite3_result_text64(out, row.message.data(), row.message.size(), SQLITE_STATIC, SQLITE_UTF8);
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

void show_as_table(Database& db, const std::vector<InputRow>& rows) {
    static const sqlite3_module module = make_module();
    const int code =
        sqlite3_create_module(db.handle(), "input_feed", &module, const_cast<std::vector<InputRow>*>(&rows));
    if (code != SQLITE_OK) {
        throw SqliteError{code, "cannot add input_feed"};
    }
}

}  // namespace tally::record
