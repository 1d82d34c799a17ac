#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "simulate/shape.hpp"
#include "tally/base/result.hpp"

namespace tally::simulate {

enum class Format { sse, ndjson };

/// How much to write and where. The first limit that is reached ends it; with none, an hour of
/// simulated time.
struct Generation {
    Shape shape;
    Format format = Format::ndjson;
    std::string out = "-";  ///< a file, or - for stdout
    std::string totals;     ///< a file for the expected totals; empty: do not count
    std::optional<std::uint64_t> events;
    std::optional<std::uint64_t> bytes;  ///< ends with the event that reaches it
    std::optional<double> hours;
};

struct Generated {
    std::uint64_t bodies = 0;  ///< events and malformed bodies
    std::uint64_t bytes = 0;
    TimeMs simulated = 0;
};

/// Writes the stream and its totals. An Error when a file cannot be written, with what was written
/// until then.
[[nodiscard]] Result<Generated> generate(const Generation& what);

}  // namespace tally::simulate
