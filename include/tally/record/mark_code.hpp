#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tally/model/mark.hpp"

namespace tally::record {

/// A Mark as bytes, for the journal and table mark, and back. Tab-separated text, one line a difference; tabs, line
/// ends, backslashes and U+0000 are escaped. Pure.
[[nodiscard]] std::string encode(const model::Mark& mark);
/// Nothing for bytes that encode() has not made.
[[nodiscard]] std::optional<model::Mark> decode_mark(std::string_view bytes);

}  // namespace tally::record
