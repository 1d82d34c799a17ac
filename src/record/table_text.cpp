#include "tally/record/table_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace tally::record {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// The length of the UTF-8 sequence that `text` begins with; 0 when it is none (also for
/// surrogates, overlong forms and what lies past U+10FFFF).
std::size_t sequence_length(std::string_view text) {
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return follows(1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) > 0x9F;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool too_high = first == 0xF4 && byte(1) > 0x8F;
        return follows(1) && follows(2) && follows(3) && !overlong && !too_high ? 4 : 0;
    }
    return 0;
}

/// Hands out `text` in pieces that are valid UTF-8: an ASCII character, or a longer sequence, or
/// U+FFFD for a byte of none.
template <class Take>
void each_character(std::string_view text, Take take) {
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        take(length == 0 ? replacement : text.substr(0, length));
        text.remove_prefix(length == 0 ? 1 : length);
    }
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
        case '"':
        case '\\':
            out += '\\';
            out += c;
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            out.append("\\u00").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    }
}

bool needs_escape(char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

template <class Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

struct JsonValue {
    std::string& out;

    void operator()(std::monostate) const { out += "null"; }

    void operator()(std::int64_t number) const { append_number(out, number); }

    void operator()(double number) const {
        if (std::isfinite(number)) {
            append_number(out, number);
        } else {
            out += "null";
        }
    }

    void operator()(const std::string& text) const { append_json_text(out, text); }
};

void append_csv_text(std::string& out, std::string_view text) {
    const bool quoted = text.empty() || text.find_first_of(",\"\r\n") != std::string_view::npos;
    out.append(quoted ? "\"" : "");
    each_character(text, [&out](std::string_view character) {
        out += character;
        if (character == "\"") {
            out += '"';
        }
    });
    out.append(quoted ? "\"" : "");
}

struct CsvValue {
    std::string& out;

    void operator()(std::monostate) const {}

    void operator()(std::int64_t number) const { append_number(out, number); }

    void operator()(double number) const {
        if (std::isfinite(number)) {
            append_number(out, number);
        } else {
            out += number < 0 ? "-Inf" : "Inf";
        }
    }

    void operator()(const std::string& text) const { append_csv_text(out, text); }
};

/// `write(item)` for each, commas between.
template <class Items, class Write>
void append_list(std::string& out, const Items& items, Write write) {
    bool first = true;
    for (const auto& item : items) {
        if (!std::exchange(first, false)) {
            out += ',';
        }
        write(item);
    }
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    each_character(text, [&out](std::string_view character) {
        if (needs_escape(character.front())) {
            append_escaped(out, character.front());
        } else {
            out += character;
        }
    });
    out += '"';
}

std::size_t json_text_size(std::string_view text) {
    constexpr std::size_t quotes = 2, escape = 6;
    std::size_t size = quotes;
    each_character(text, [&size](std::string_view character) {
        size += needs_escape(character.front()) ? escape : character.size();
    });
    return size;
}

std::string table_as_json(const Table& table, std::chrono::milliseconds elapsed) {
    std::string out = "{\"columns\":[";
    append_list(out, table.columns, [&out](const std::string& column) {
        append_json_text(out, column);
    });
    out += "],\"rows\":[";
    append_list(out, table.rows, [&out](const std::vector<Value>& row) {
        out += '[';
        append_list(out, row, [&out](const Value& value) { std::visit(JsonValue{out}, value); });
        out += ']';
    });
    out += table.truncated ? "],\"truncated\":true" : "],\"truncated\":false";
    out += ",\"elapsed_ms\":";
    append_number(out, elapsed.count());
    out += "}\n";
    return out;
}

std::string table_as_csv(const Table& table) {
    std::string out;
    append_list(out, table.columns, [&out](const std::string& column) {
        append_csv_text(out, column);
    });
    out += "\r\n";
    for (const auto& row : table.rows) {
        append_list(out, row, [&out](const Value& value) { std::visit(CsvValue{out}, value); });
        out += "\r\n";
    }
    return out;
}

}  // namespace tally::record
