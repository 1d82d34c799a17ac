#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace tally::simulate {

/// The parts of `text` between blanks and tabs.
[[nodiscard]] inline std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t first = text.find_first_not_of(" \t\r");
        if (first == std::string_view::npos) {
            return words;
        }
        text.remove_prefix(first);
        words.push_back(text.substr(0, text.find_first_of(" \t\r")));
        text.remove_prefix(words.back().size());
    }
}

/// The whole text as a number of this type; nothing for anything else, also for one out of range.
template <class Number>
[[nodiscard]] std::optional<Number> number_of(std::string_view text) {
    Number value{};
    const char* end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && last == end && !text.empty() ? std::optional<Number>(value)
                                                                : std::nullopt;
}

/// "250ms", "3s", "2m", "1h", "0"; at most 24 h. Nothing for another text.
[[nodiscard]] inline std::optional<std::chrono::milliseconds> duration_of(std::string_view text) {
    using namespace std::chrono;  // NOLINT: several names of it
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = number_of<std::int64_t>(text.substr(0, digits));
    const std::string_view unit = text.substr(digits);
    constexpr std::int64_t count_max = 86'400'000;
    if (!count || *count > count_max) {
        return std::nullopt;
    }
    milliseconds length{};
    if (unit == "ms" || (unit.empty() && *count == 0)) {
        length = milliseconds(*count);
    } else if (unit == "s") {
        length = seconds(*count);
    } else if (unit == "m") {
        length = minutes(*count);
    } else if (unit == "h") {
        length = hours(*count);
    } else {
        return std::nullopt;
    }
    return length <= hours(24) ? std::optional(length) : std::nullopt;
}

}  // namespace tally::simulate
