#pragma once

#include <string>
#include <string_view>

namespace tally::model {

/// `text` with a U+FFFD for each part that is not UTF-8 (the longest beginning of a character is
/// one part, as other decoders have it), and for NUL, which SQLite's text functions take for an
/// end.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace tally::model
