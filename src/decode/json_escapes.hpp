#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// The escapes of JSON strings (RFC 8259 section 7). A lone surrogate is none.
namespace tally::decode {

/// How many bytes the escape takes that begins with the backslash at `text`; 0: it is none. A pair
/// of surrogates is one. Reads on as long as it is one, so `text` must end with a byte that no
/// escape has, such as NUL.
[[nodiscard]] std::size_t escape_length(const char* text);

/// Appends what `raw` stands for, in UTF-8. Its escapes must have been found good, up to its end.
void append_unescaped(std::string& out, std::string_view raw);

}  // namespace tally::decode
