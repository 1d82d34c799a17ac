#include "tally/record/query.hpp"

#include <charconv>
#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

#include "record/database.hpp"
#include "record/payloads.hpp"

namespace tally::record {

namespace {

/// Reading and computing is allowed, all else is not; extensions least of all.
int allow_reading(void*, int action, const char*, const char* function, const char*, const char*) {
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE:
            return SQLITE_OK;
        case SQLITE_FUNCTION:
            return function != nullptr && std::string_view(function) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
        default:
            return SQLITE_DENY;
    }
}

std::string hex(const unsigned char* bytes, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += fmt::format("{:02x}", bytes[i]);
    }
    return text;
}

Value value_of(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            return sqlite3_column_int64(statement, column);
        case SQLITE_FLOAT:
            return sqlite3_column_double(statement, column);
        case SQLITE_TEXT: {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
            return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
        }
        case SQLITE_BLOB:
            return hex(static_cast<const unsigned char*>(sqlite3_column_blob(statement, column)),
                       sqlite3_column_bytes(statement, column));
        default:
            return std::monostate{};
    }
}

std::size_t bytes_of(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? sizeof(double) : text->size();
}

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;

/// One statement and nothing behind it but blanks and comments.
Result<Prepared> prepare(sqlite3* db, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, &tail) != SQLITE_OK) {
        return Error{sqlite3_errmsg(db)};
    }
    Prepared first(statement);
    if (!first) {
        return Error{"no SQL statement"};
    }
    sqlite3_stmt* more = nullptr;
    const bool tail_is_sql = sqlite3_prepare_v2(db, tail, -1, &more, nullptr) != SQLITE_OK || more != nullptr;
    sqlite3_finalize(more);
    if (tail_is_sql) {
        return Error{"only one statement is allowed"};
    }
    return first;
}

/// As a number where the text is exactly one, so that `time >= :t` compares numbers. Against a column of text SQLite
/// turns it into the same text again.
void bind(sqlite3_stmt* statement, int index, const std::string& value) {
    std::int64_t whole = 0;
    double number = 0;
    const char* const end = value.data() + value.size();
    if (std::from_chars(value.data(), end, whole).ptr == end && fmt::format("{}", whole) == value) {
        sqlite3_bind_int64(statement, index, whole);
    } else if (std::from_chars(value.data(), end, number).ptr == end && fmt::format("{}", number) == value) {
        sqlite3_bind_double(statement, index, number);
    } else {
        sqlite3_bind_text(statement, index, value.c_str(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    }
}

Result<Table> run(sqlite3* db, const std::string& sql,
                  const std::vector<std::pair<std::string, std::string>>& parameters, QueryLimits limits) {
    auto prepared = prepare(db, sql);
    if (!prepared) {
        return prepared.error();
    }
    sqlite3_stmt* statement = prepared->get();
    for (const auto& [name, value] : parameters) {
        const int index = sqlite3_bind_parameter_index(statement, (":" + name).c_str());
        if (index == 0) {
            return Error{fmt::format("the statement has no parameter :{}", name)};
        }
        bind(statement, index, value);
    }
    Table table;
    const int columns = sqlite3_column_count(statement);
    for (int column = 0; column < columns; ++column) {
        table.columns.emplace_back(sqlite3_column_name(statement, column));
    }
    std::size_t bytes = 0;
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const bool full = (limits.rows_max != 0 && table.rows.size() == limits.rows_max) ||
                          (limits.bytes_max != 0 && bytes > limits.bytes_max);
        if (full) {
            table.truncated = true;
            return table;
        }
        auto& row = table.rows.emplace_back();
        for (int column = 0; column < columns; ++column) {
            row.push_back(value_of(statement, column));
            bytes += bytes_of(row.back());
        }
    }
    if (code != SQLITE_DONE) {
        return Error{sqlite3_errmsg(db)};
    }
    return table;
}

}  // namespace

Result<Table> query(const std::string& path, const std::string& sql,
                    const std::vector<std::pair<std::string, std::string>>& parameters, QueryLimits limits) {
    try {
        Database db(path, Database::Mode::read);
        check_file(db, path);
        show_packed_payloads(db);
        sqlite3_set_authorizer(db.handle(), allow_reading, nullptr);
        return run(db.handle(), sql, parameters, limits);
    } catch (const SqliteError& error) {
        throw CannotStart{fmt::format("cannot read database {}: {}", path, error.what)};
    }
}

}  // namespace tally::record
