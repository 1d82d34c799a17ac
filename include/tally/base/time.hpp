#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tally {

/// UTC milliseconds since 1970-01-01. The unit of every stored time and duration.
using TimeMs = std::int64_t;

/// The wall clock. Only the edges of the program ask it, never the fold.
[[nodiscard]] TimeMs wall_now();

/// Reads `YYYY-MM-DDThh:mm:ss[.digits](Z|±hh:mm|±hhmm)`; digits past the third are cut, not rounded.
/// Nothing for any other form and for impossible dates (semantics: "Event time"). Seconds run to 59:
/// Marathon never sends a leap second. No allocation; about 10 ns.
[[nodiscard]] std::optional<TimeMs> parse_timestamp(std::string_view text);

/// RFC 3339 with milliseconds and Z, as Marathon writes it: `2019-08-20T10:00:00.001Z`.
[[nodiscard]] std::string format_timestamp(TimeMs time);

inline constexpr std::size_t timestamp_size = 24;
/// The same into `to`, which has room for timestamp_size characters; no end of string behind it. False, and nothing
/// written, for years that have not four digits.
[[nodiscard]] bool write_timestamp(TimeMs time, char* to);

}  // namespace tally
