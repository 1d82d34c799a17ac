#include "record/cells.hpp"

#include <string_view>

#include <sqlite3.h>

#include "tally/record/table_text.hpp"

namespace tally::record {

namespace {

std::string hex(const unsigned char* bytes, int count) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
    return text;
}

std::string_view text_of(sqlite3_stmt* statement, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return {
        text,
        text == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

Value value_of(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            return sqlite3_column_int64(statement, column);
        case SQLITE_FLOAT:
            return sqlite3_column_double(statement, column);
        case SQLITE_TEXT:
            return std::string(text_of(statement, column));
        case SQLITE_BLOB: {
            const auto* blob =
                static_cast<const unsigned char*>(sqlite3_column_blob(statement, column));
            return hex(blob, sqlite3_column_bytes(statement, column));
        }
        default:
            return std::monostate{};
    }
}

}  // namespace

std::vector<std::string> columns_of(sqlite3_stmt* statement) {
    std::vector<std::string> columns;
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
        const char* name = sqlite3_column_name(statement, column);
        columns.emplace_back(name == nullptr ? "" : name);
    }
    return columns;
}

std::vector<Value> row_of(sqlite3_stmt* statement, int columns) {
    std::vector<Value> row;
    row.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
        row.push_back(value_of(statement, column));
    }
    return row;
}

std::size_t shown_bytes(sqlite3_stmt* statement, int column) {
    constexpr std::size_t number = 8, comma = 1;
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_TEXT:
            return json_text_size(text_of(statement, column)) + comma;
        case SQLITE_BLOB:
            return 2 * static_cast<std::size_t>(sqlite3_column_bytes(statement, column)) + 2 +
                   comma;
        default:
            return number + comma;
    }
}

}  // namespace tally::record
