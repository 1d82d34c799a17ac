#include "record/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "record/migrations.hpp"
#include "record/schema.hpp"
#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

[[noreturn]] void fail(sqlite3* db, int code) {
    throw SqliteError{code, db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code)};
}

void check(sqlite3* db, int code) {
    if (code != SQLITE_OK) {
        fail(db, code);
    }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* db, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    check(db, sqlite3_prepare_v3(
                  db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr
              ));
    statement_.reset(statement);
}

bool Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        sqlite3* db = sqlite3_db_handle(statement_.get());
        const SqliteError error{code, sqlite3_errmsg(db)};
        sqlite3_reset(statement_.get());
        throw error;
    }
    return false;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

void Statement::bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_.get(), index, value); }

void Statement::bind(int index, double value) { sqlite3_bind_double(statement_.get(), index, value); }

void Statement::bind(int index, std::string_view text) {
    sqlite3_bind_text(
        statement_.get(), index, text.data() != nullptr ? text.data() : "", static_cast<int>(text.size()),
        SQLITE_STATIC
    );
}

void Statement::bind(int index, Ms time) {
    if (time.value == model::no_time) {
        sqlite3_bind_null(statement_.get(), index);
    } else {
        bind(index, time.value);
    }
}

void Statement::bind(int index, Text text) {
    if (text.value.empty()) {
        sqlite3_bind_null(statement_.get(), index);
    } else {
        bind(index, text.value);
    }
}

void Statement::bind(int index, Blob blob) {
    sqlite3_bind_blob(
        statement_.get(), index, blob.value.data(), static_cast<int>(blob.value.size()), SQLITE_STATIC
    );
}

void Statement::bind(int index, Id id) {
    if (id.value == 0) {
        sqlite3_bind_null(statement_.get(), index);
    } else {
        bind(index, id.value);
    }
}

void Statement::bind_row(const Statement& row) {
    for (int column = 0; column < row.columns(); ++column) {
        sqlite3_bind_value(statement_.get(), column + 1, sqlite3_column_value(row.statement_.get(), column));
    }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

int Statement::columns() const { return sqlite3_column_count(statement_.get()); }

TimeMs Statement::time(int column) const { return is_null(column) ? model::no_time : integer(column); }

std::string_view Statement::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return text == nullptr
               ? std::string_view{}
               : std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

std::string_view Statement::blob(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

Database::Database(const std::string& path, Mode mode) {
    // SQLite's own count of its memory takes a mutex at every allocation; nobody reads it. Before the first use.
    static const bool without_memory_statistics = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
    (void)without_memory_statistics;
    // NOMUTEX: a connection belongs to one thread (5 to 14 % of insert time otherwise, measured).
    const int flags = SQLITE_OPEN_NOMUTEX | (mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                                 : SQLITE_OPEN_READONLY);
    sqlite3* db = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
    db_.reset(db);
    check(db, code);
    sqlite3_extended_result_codes(db, 0);
    constexpr int busy_ms = 5000;  // a reader or a checkpoint of another process holds the lock for moments
    check(db, sqlite3_busy_timeout(db, busy_ms));
    // A file somebody gives us may be damaged on purpose. (TRUSTED_SCHEMA stays on: our views use JSON functions,
    // which SQLite 3.40 refuses there otherwise, and we register no function that could do harm.)
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

void Database::execute(const char* sql) { check(db_.get(), sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr)); }

std::int64_t Database::pragma(const char* name) {
    Statement statement = prepare(fmt::format("PRAGMA {}", name));
    const std::int64_t value = statement.step() ? statement.integer(0) : 0;
    statement.reset();
    return value;
}

int Database::changes() const { return sqlite3_changes(db_.get()); }

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(db_.get()); }

namespace {

/// The version of our file; CannotStart for one that is not ours or too new.
std::int64_t check_ours(Database& db, const std::string& path) {
    if (db.pragma("application_id") != application_id) {
        throw CannotStart{fmt::format("{} is not a history of marathon-tally", path)};
    }
    const std::int64_t version = db.pragma("user_version");
    if (version < 1) {
        throw CannotStart{fmt::format("{} is not a history of marathon-tally", path)};
    }
    if (version > schema_version) {
        throw CannotStart{fmt::format(
            "{} was written by a newer marathon-tally (schema {}, this one knows {})", path, version, schema_version
        )};
    }
    return version;
}

}  // namespace

void check_file(Database& db, const std::string& path) {
    std::int64_t version = 0;
    try {
        version = check_ours(db, path);
    } catch (const SqliteError& error) {
        if (error.code == SQLITE_READONLY) {  // what a rollback journal holds must be put back first
            throw CannotStart{fmt::format("{} was left by a killed replay: the next replay or run puts it right", path)};
        }
        throw;
    }
    if (version < schema_version) {
        throw CannotStart{fmt::format(
            "{} was written by an older marathon-tally (schema {}, this one reads {}): the next run or replay brings it"
            " up to date", path, version, schema_version
        )};
    }
}

void prepare_file(Database& db, const std::string& path) {
    Statement objects = db.prepare("SELECT count(*) FROM sqlite_schema");
    const bool fresh = objects.step() && objects.integer(0) == 0 && db.pragma("application_id") == 0;
    objects.reset();
    if (fresh) {
        // Both can only be chosen while the file is empty. 8 KiB pages: a payload of some 400 bytes fits
        // well, and a small commit does not rewrite too much (bench/README.md).
        db.execute("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;");
    } else {
        (void)check_ours(db, path);
    }
    db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
               "PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; PRAGMA threads = 2;");
    if (!fresh) {
        migrate(db);
        return;
    }
    db.execute("BEGIN EXCLUSIVE");
    db.execute(history_sql);
    db.execute(views_sql);
    db.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, schema_version)
                   .c_str());
    db.execute("COMMIT");
}

}  // namespace tally::record
