#include "decode/json_escapes.hpp"

#include <algorithm>
#include <optional>

namespace tally::decode {

namespace {

constexpr std::size_t unit_length = 6;  // \uXXXX

/// Four hexadecimal digits; `digits` ends with a byte that is none. Nothing when one is none.
std::optional<unsigned> hex_of(const char* digits) {
    unsigned value = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = digits[i];
        const char letter = static_cast<char>(c | 0x20);
        if (c >= '0' && c <= '9') {
            value = value * 16 + static_cast<unsigned>(c - '0');
        } else if (letter >= 'a' && letter <= 'f') {
            value = value * 16 + static_cast<unsigned>(letter - 'a' + 10);
        } else {
            return std::nullopt;
        }
    }
    return value;
}

bool is_high_surrogate(unsigned unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}

bool is_low_surrogate(unsigned unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

void append_utf8(std::string& out, unsigned point) {
    const auto tail = [&out](unsigned bits) { out += static_cast<char>(0x80U | (bits & 0x3FU)); };
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xC0U | point >> 6);
        tail(point);
    } else if (point < 0x10000) {
        out += static_cast<char>(0xE0U | point >> 12);
        tail(point >> 6);
        tail(point);
    } else {
        out += static_cast<char>(0xF0U | point >> 18);
        tail(point >> 12);
        tail(point >> 6);
        tail(point);
    }
}

char plain_escape(char c) {
    switch (c) {
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        default:
            return c;
    }
}

/// Appends what the escape stands for that `rest` begins with, and takes it away.
void unescape_one(std::string& out, std::string_view& rest) {
    if (rest[1] != 'u') {
        out += plain_escape(rest[1]);
        rest.remove_prefix(2);
        return;
    }
    unsigned point = *hex_of(rest.data() + 2);
    rest.remove_prefix(unit_length);
    if (is_high_surrogate(point)) {
        point = 0x10000 + ((point - 0xD800) << 10) + (*hex_of(rest.data() + 2) - 0xDC00);
        rest.remove_prefix(unit_length);
    }
    append_utf8(out, point);
}

}  // namespace

std::size_t escape_length(const char* text) {
    constexpr std::string_view plain = "\"\\/bfnrt";
    if (text[1] != 'u') {
        return plain.find(text[1]) == std::string_view::npos ? 0 : 2;
    }
    const auto unit = hex_of(text + 2);
    if (!unit || is_low_surrogate(*unit)) {
        return 0;
    }
    if (!is_high_surrogate(*unit)) {
        return unit_length;
    }
    const char* next = text + unit_length;
    const auto low = next[0] == '\\' && next[1] == 'u' ? hex_of(next + 2) : std::nullopt;
    return low && is_low_surrogate(*low) ? 2 * unit_length : 0;
}

void append_unescaped(std::string& out, std::string_view raw) {
    while (!raw.empty()) {
        const std::size_t plain = std::min(raw.find('\\'), raw.size());
        out += raw.substr(0, plain);
        raw.remove_prefix(plain);
        if (!raw.empty()) {
            unescape_one(out, raw);
        }
    }
}

}  // namespace tally::decode
