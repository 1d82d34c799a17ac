#include "decode/json_places.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace tally::decode {

namespace {

/// Behind the string that begins at `at` in valid JSON.
std::size_t string_end(std::string_view json, std::size_t at) {
    for (++at; json[at] != '"'; ++at) {
        at += json[at] == '\\' ? 1 : 0;
    }
    return at + 1;
}

bool in_range(std::string_view number) {
    const char* end = number.data() + number.size();
    if (number.find_first_of(".eE") != std::string_view::npos) {
        double value = 0;
        // Too small is 0 to the parser; which of the two it was shows in the exponent.
        return std::from_chars(number.data(), end, value).ec != std::errc::result_out_of_range ||
               number.find("e-") != std::string_view::npos ||
               number.find("E-") != std::string_view::npos;
    }
    if (number.front() == '-') {
        std::int64_t value = 0;
        return std::from_chars(number.data(), end, value).ec == std::errc{};
    }
    std::uint64_t value = 0;
    return std::from_chars(number.data(), end, value).ec == std::errc{};
}

}  // namespace

std::optional<std::size_t> number_out_of_range(std::string_view json) {
    for (std::size_t at = 0; at < json.size();) {
        if (json[at] == '"') {
            at = string_end(json, at);
        } else if (json[at] == '-' || (json[at] >= '0' && json[at] <= '9')) {
            const std::size_t end =
                std::min(json.find_first_not_of("+-.0123456789eE", at), json.size());
            if (!in_range(json.substr(at, end - at))) {
                return at;
            }
            at = end;
        } else {
            ++at;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> member_offset(std::string_view json, std::string_view key) {
    std::size_t depth = 0;
    for (std::size_t at = 0; at < json.size();) {
        const char c = json[at];
        if (c != '"') {
            depth += c == '{' || c == '[' ? 1 : 0;
            depth -= c == '}' || c == ']' ? 1 : 0;
            ++at;
            continue;
        }
        const std::size_t end = string_end(json, at);
        const std::string_view text = json.substr(at + 1, end - at - 2);
        const std::size_t next = json.find_first_not_of(" \t\r\n", end);
        at = end;
        if (depth == 1 && text == key && next != std::string_view::npos && json[next] == ':') {
            return json.find_first_not_of(" \t\r\n", next + 1);
        }
    }
    return std::nullopt;
}

}  // namespace tally::decode
