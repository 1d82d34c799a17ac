#include "report/escape.hpp"

#include <algorithm>
#include <array>

namespace tally::report {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool continuation(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode table 3-7), 0 if there
/// is none.
std::size_t sequence_length(std::string_view text) {
    const auto at = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i])
                               : static_cast<unsigned char>(0);
    };
    const unsigned char first = at(0);
    const unsigned char second = at(1);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return continuation(second) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned char low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned char high = first == 0xED ? 0x9F : 0xBF;
        return second >= low && second <= high && continuation(at(2)) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned char low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned char high = first == 0xF4 ? 0x8F : 0xBF;
        return second >= low && second <= high && continuation(at(2)) && continuation(at(3)) ? 4
                                                                                             : 0;
    }
    return 0;
}

/// Bytes that stand for themselves whatever is around them.
constexpr std::array<bool, 256> plain_bytes = [] {
    std::array<bool, 256> plain{};
    for (std::size_t byte = 1; byte < 0x80; ++byte) {
        plain[byte] = byte != '\n' && byte != '"' && byte != '\\';
    }
    return plain;
}();

bool plain(char c) {
    return plain_bytes[static_cast<unsigned char>(c)];
}

}  // namespace

void append_label_value(std::string& out, std::string_view text) {
    if (std::all_of(text.begin(), text.end(), plain)) {
        out += text;
        return;
    }
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        if (length == 0 || text[0] == '\0') {
            out += replacement;
        } else if (text[0] == '\n') {
            out += "\\n";
        } else {
            if (text[0] == '\\' || text[0] == '"') {
                out += '\\';
            }
            out += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
}

void append_help(std::string& out, std::string_view text, Quotes quotes) {
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (c == '"' && quotes == Quotes::escaped)) {
            out += '\\';
        }
        out += c;
    }
}

}  // namespace tally::report
