#pragma once

#include <optional>
#include <string_view>

#include "simulate/words.hpp"

namespace tally::simulate {

/// What follows `"name":` in a small JSON object without escapes in what we look for: enough for
/// the three fields that anyone ever sends us, and no parser.
[[nodiscard]] inline std::optional<std::string_view> find_value(
    std::string_view json, std::string_view name
) {
    for (std::size_t at = json.find(name); at != std::string_view::npos;
         at = json.find(name, at + 1)) {
        std::string_view rest = json.substr(at + name.size());
        if (at == 0 || json[at - 1] != '"' || !rest.starts_with('"')) {
            continue;
        }
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
        if (!rest.starts_with(':')) {
            continue;
        }
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
        return rest;
    }
    return std::nullopt;
}

[[nodiscard]] inline std::optional<std::string_view> find_string(
    std::string_view json, std::string_view name
) {
    const auto value = find_value(json, name);
    if (!value || !value->starts_with('"')) {
        return std::nullopt;
    }
    const std::size_t end = value->find_first_of("\"\\", 1);
    if (end == std::string_view::npos || (*value)[end] == '\\') {
        return std::nullopt;
    }
    return value->substr(1, end - 1);
}

[[nodiscard]] inline std::optional<std::int64_t> find_integer(
    std::string_view json, std::string_view name
) {
    const auto value = find_value(json, name);
    return value
               ? number_of<std::int64_t>(value->substr(0, value->find_first_not_of("-0123456789")))
               : std::nullopt;
}

}  // namespace tally::simulate
