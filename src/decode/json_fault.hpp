#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tally::decode {

/// Objects and lists may lie in each other up to here (semantics: "Rejected").
inline constexpr std::size_t nesting_max = 512;

struct JsonFault {
    std::size_t offset = 0;
    std::string_view what;  ///< static text
};

/// The first fault of `body` read as one JSON text (RFC 8259, UTF-8, nesting up to nesting_max),
/// nothing if it is valid. Knows the grammar of numbers, not their range. Written to be plain, not
/// fast: it names the fault after the parser has refused the body, and is the second opinion of the
/// tests and the fuzzer.
[[nodiscard]] std::optional<JsonFault> json_fault(std::string_view body);

}  // namespace tally::decode
