#include "tally/record/query.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <sqlite3.h>

#include "record/cells.hpp"
#include "record/database.hpp"
#include "record/payloads.hpp"
#include "record/statement_verb.hpp"

namespace tally::record {

namespace {

using Kind = QueryError::Kind;
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Reading and computing is allowed, all else is not; extensions least of all.
int allow_reading(void*, int action, const char*, const char* function, const char*, const char*) {
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE:
            return SQLITE_OK;
        case SQLITE_FUNCTION:
            return function != nullptr && std::string_view(function) == "load_extension"
                       ? SQLITE_DENY
                       : SQLITE_OK;
        default:
            return SQLITE_DENY;
    }
}

/// Looks at the clock and at the caller's wish while a statement runs.
class Watch {
  public:
    explicit Watch(const QueryLimits& limits) : limits_(limits) {}

    /// Why the statement has to end, once it has to.
    [[nodiscard]] std::optional<Kind> stopped() {
        if (!stopped_ && limits_.cancelled && limits_.cancelled()) {
            stopped_ = Kind::cancelled;
        }
        if (!stopped_ && limits_.deadline != QueryLimits::Clock::time_point::max() &&
            limits_.now() >= limits_.deadline) {
            stopped_ = Kind::deadline;
        }
        return stopped_;
    }

    /// For SQLite's progress handler: not 0 ends the statement with SQLITE_INTERRUPT.
    static int look(void* self) { return static_cast<Watch*>(self)->stopped() ? 1 : 0; }

  private:
    const QueryLimits& limits_;
    std::optional<Kind> stopped_;
};

QueryError stop_error(Kind kind) {
    return {kind, kind == Kind::deadline ? "the query took too long" : "the query was cancelled"};
}

/// What a failed call of SQLite means to the one who asked.
QueryError error_of(sqlite3* db, int code, Watch& watch) {
    std::string what = sqlite3_errmsg(db);
    switch (code) {
        case SQLITE_INTERRUPT:
            return stop_error(watch.stopped().value_or(Kind::cancelled));
        case SQLITE_AUTH:
        case SQLITE_READONLY:
            return {Kind::refused, std::move(what)};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_NOMEM:
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_FULL:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
        case SQLITE_NOTADB:
            return {Kind::unavailable, std::move(what)};
        default:
            break;
    }
    // SQLite has no code of its own for these two.
    const bool refused = what.starts_with("not authorized") || what.starts_with("cannot modify");
    return {refused ? Kind::refused : Kind::wrong, std::move(what)};
}

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;

/// One statement and nothing behind it but blanks and comments.
boost::system::result<Prepared, QueryError> prepare(
    sqlite3* db, const std::string& sql, Watch& watch
) {
    if (sql.find('\0') != std::string::npos) {
        return QueryError{Kind::wrong, "the SQL holds a NUL byte"};
    }
    if (verb_of(sql) == Verb::changes) {
        return QueryError{Kind::refused, "only SELECT, WITH and EXPLAIN of those are allowed"};
    }
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    const int code =
        sqlite3_prepare_v2(db, sql.c_str(), static_cast<int>(sql.size()) + 1, &statement, &tail);
    if (code != SQLITE_OK) {
        return error_of(db, code, watch);
    }
    Prepared first(statement);
    if (!first) {
        return QueryError{Kind::wrong, "no SQL statement"};
    }
    if (verb_of(tail) == Verb::changes) {
        return QueryError{Kind::refused, "only one statement is allowed, and it may only read"};
    }
    sqlite3_stmt* more = nullptr;
    const bool tail_is_sql =
        sqlite3_prepare_v2(db, tail, -1, &more, nullptr) != SQLITE_OK || more != nullptr;
    sqlite3_finalize(more);
    if (tail_is_sql) {
        return QueryError{Kind::wrong, "only one statement is allowed"};
    }
    if (sqlite3_stmt_readonly(first.get()) == 0) {
        return QueryError{Kind::refused, "the statement would change something"};
    }
    return first;
}

/// As a number where the text is exactly one, so that `time >= :t` compares numbers. Against a
/// column of text SQLite turns it into the same text again.
void bind(sqlite3_stmt* statement, int index, const std::string& value) {
    std::int64_t whole = 0;
    double number = 0;
    const char* const end = value.data() + value.size();
    if (std::from_chars(value.data(), end, whole).ptr == end && fmt::format("{}", whole) == value) {
        sqlite3_bind_int64(statement, index, whole);
    } else if (std::from_chars(value.data(), end, number).ptr == end && fmt::format("{}", number) == value) {
        sqlite3_bind_double(statement, index, number);
    } else {
        sqlite3_bind_text(
            statement, index, value.c_str(), static_cast<int>(value.size()), SQLITE_TRANSIENT
        );
    }
}

/// A parameter without a value would be NULL, and the answer nothing: that is not what was asked.
std::optional<QueryError> unbound(sqlite3_stmt* statement, const Parameters& parameters) {
    const int count = sqlite3_stmt_isexplain(statement) != 0 ? 0 : sqlite3_bind_parameter_count(statement);
    for (int index = 1; index <= count; ++index) {
        const char* name = sqlite3_bind_parameter_name(statement, index);
        const bool has_value = name != nullptr && std::any_of(parameters.begin(), parameters.end(), [&](const auto& p) {
            return name == ":" + p.first;
        });
        if (!has_value) {
            return QueryError{
                Kind::wrong, fmt::format("the parameter {} of the statement has no value", name == nullptr ? "?" : name)};
        }
    }
    return std::nullopt;
}

std::optional<QueryError> bind_all(sqlite3_stmt* statement, const Parameters& parameters) {
    for (const auto& [name, value] : parameters) {
        const int index = sqlite3_bind_parameter_index(statement, (":" + name).c_str());
        if (index == 0) {
            return QueryError{Kind::wrong, fmt::format("the statement has no parameter :{}", name)};
        }
        bind(statement, index, value);
    }
    return unbound(statement, parameters);
}

/// Counts rows and bytes against the limits.
class Room {
  public:
    explicit Room(const QueryLimits& limits)
        : rows_(limits.rows_max == 0 ? SIZE_MAX : limits.rows_max),
          bytes_(limits.bytes_max == 0 ? SIZE_MAX : limits.bytes_max) {}

    /// Takes the room that the row at hand needs; false: there is none.
    bool take(sqlite3_stmt* statement, int columns) {
        constexpr std::size_t brackets = 3;
        std::size_t needed = brackets;
        for (int column = 0; column < columns && needed <= bytes_; ++column) {
            needed += shown_bytes(statement, column);
        }
        if (rows_ == 0 || needed > bytes_) {
            return false;
        }
        --rows_;
        bytes_ -= needed;
        return true;
    }

  private:
    std::size_t rows_;
    std::size_t bytes_;
};

QueryResult run(
    sqlite3* db, const std::string& sql, const Parameters& parameters, const QueryLimits& limits
) {
    Watch watch(limits);
    if (const auto late = watch.stopped()) {
        return stop_error(*late);
    }
    constexpr int steps_between_looks = 1000;  // some ten microseconds
    sqlite3_progress_handler(db, steps_between_looks, Watch::look, &watch);
    auto prepared = prepare(db, sql, watch);
    if (!prepared) {
        return prepared.error();
    }
    sqlite3_stmt* statement = prepared->get();
    if (auto fault = bind_all(statement, parameters)) {
        return *std::move(fault);
    }
    Table table{.columns = columns_of(statement), .rows = {}};
    const int columns = static_cast<int>(table.columns.size());
    Room room(limits);
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!room.take(statement, columns)) {
            table.truncated = true;
            return table;
        }
        table.rows.push_back(row_of(statement, columns));
        if (const auto late = watch.stopped()) {
            return stop_error(*late);
        }
    }
    if (code != SQLITE_DONE) {
        return error_of(db, code, watch);
    }
    return table;
}

/// What bounds the memory and the longest single step of a statement that a stranger wrote.
void restrain(sqlite3* db, int value_bytes_max) {
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, value_bytes_max);
    constexpr int columns = 100, arguments = 32, compounds = 50, depth = 200, pattern_bytes = 500;
    sqlite3_limit(db, SQLITE_LIMIT_COLUMN, columns);
    sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, arguments);
    sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, compounds);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, depth);
    sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, pattern_bytes);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
}

/// A lock is waited for until the deadline, and as long as by default when there is none.
void wait_until_deadline(sqlite3* db, const QueryLimits& limits) {
    if (limits.deadline != QueryLimits::Clock::time_point::max()) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(limits.deadline - limits.now());
        sqlite3_busy_timeout(
            db, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000))
        );
    }
}

/// Declares json_each and json_tree, which the authorizer would take for CREATE TABLE.
void declare_table_functions(Database& db) {
    (void)db.prepare("SELECT 1 FROM json_each('[]'), json_tree('[]')");
}

}  // namespace

QueryLimits QueryLimits::for_strangers(Clock::time_point deadline) {
    constexpr std::size_t mib = std::size_t{1} << 20;
    return {
        .rows_max = 10'000,
        .bytes_max = 16 * mib,
        .value_bytes_max = 4 * mib,
        .deadline = deadline};
}

QueryResult query(
    const std::string& path,
    const std::string& sql,
    const Parameters& parameters,
    const QueryLimits& limits
) {
    try {
        Database db(path, Database::Mode::read);
        wait_until_deadline(db.handle(), limits);
        check_file(db, path);
        declare_table_functions(db);
        const auto payloads = show_packed_payloads(db);
        if (limits.value_bytes_max != 0) {
            restrain(
                db.handle(), limits.value_bytes_max
            );  // last: the schema's texts are values, too
        }
        sqlite3_set_authorizer(db.handle(), allow_reading, nullptr);
        return run(db.handle(), sql, parameters, limits);
    } catch (const SqliteError& error) {
        throw CannotStart{fmt::format("cannot read database {}: {}", path, error.what)};
    }
}

}  // namespace tally::record
