#include "print_table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "tally/base/json.hpp"

namespace tally {

namespace {

using record::Table;
using record::Value;

std::string text_of(const Value& value) {
    struct Visitor {
        std::string operator()(std::monostate) const { return ""; }
        std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
        std::string operator()(double number) const { return fmt::format("{}", number); }
        std::string operator()(const std::string& text) const { return text; }
    };
    return std::visit(Visitor{}, value);
}

std::string json_string(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

std::string json_of(const Value& value) {
    if (std::holds_alternative<std::monostate>(value)) {
        return "null";
    }
    if (const auto* number = std::get_if<double>(&value); number != nullptr && !std::isfinite(*number)) {
        return "null";
    }
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? text_of(value) : json_string(*text);
}

std::string csv_of(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"') {
            quoted += c;
        }
    }
    return quoted + '"';
}

/// Code points, near enough to columns of a terminal.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// A value on one line: control characters as blanks.
std::string one_line(std::string text) {
    std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return text;
}

void print_aligned(const Table& table, std::FILE* out) {
    std::vector<std::vector<std::string>> cells{table.columns};
    for (const auto& row : table.rows) {
        auto& line = cells.emplace_back();
        for (const Value& value : row) {
            line.push_back(one_line(text_of(value)));
        }
    }
    std::vector<std::size_t> widths(table.columns.size());
    for (const auto& line : cells) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(line[i]));
        }
    }
    for (const auto& line : cells) {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i) {
            text += line[i];
            if (i + 1 < line.size()) {
                text.append(widths[i] - width_of(line[i]) + 2, ' ');
            }
        }
        fmt::print(out, "{}\n", text);
    }
}

void print_csv(const Table& table, std::FILE* out) {
    const auto line = [out](const std::vector<std::string>& fields) {
        fmt::print(out, "{}\r\n", fmt::join(fields, ","));
    };
    std::vector<std::string> fields;
    for (const std::string& column : table.columns) {
        fields.push_back(csv_of(column));
    }
    line(fields);
    for (const auto& row : table.rows) {
        fields.clear();
        for (const Value& value : row) {
            fields.push_back(csv_of(text_of(value)));
        }
        line(fields);
    }
}

void print_json(const Table& table, std::FILE* out) {
    fmt::print(out, "[");
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
        std::string object;
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            object += fmt::format("{}{}:{}", i == 0 ? "" : ",", json_string(table.columns[i]), json_of(table.rows[r][i]));
        }
        fmt::print(out, "{}\n{{{}}}", r == 0 ? "" : ",", object);
    }
    fmt::print(out, "{}]\n", table.rows.empty() ? "" : "\n");
}

}  // namespace

void print_table(const Table& table, const std::string& format, std::FILE* out) {
    if (format == "csv") {
        print_csv(table, out);
    } else if (format == "json") {
        print_json(table, out);
    } else {
        print_aligned(table, out);
    }
}

}  // namespace tally
