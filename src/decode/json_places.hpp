#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

// Where things lie in a text that is known to be valid JSON: for the words of an error, not for
// speed.
namespace tally::decode {

/// Offset of the first number in valid JSON that is beyond a 64-bit integer or a double.
[[nodiscard]] std::optional<std::size_t> number_out_of_range(std::string_view json);

/// Offset of the value of the first top-level member `key` (one that needs no escapes) of a valid
/// JSON object.
[[nodiscard]] std::optional<std::size_t> member_offset(std::string_view json, std::string_view key);

}  // namespace tally::decode
