#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace tally::connect {

/// Bytes that are readable, whatever they hold, behind every Frame's data.
inline constexpr std::size_t body_padding = 64;

/// What is kept of a body that is larger than the reader's max_event_bytes.
inline constexpr std::size_t too_large_kept_bytes = 4096;

/// One event body as it left the framing: SSE data joined, or one NDJSON line; without JSON white
/// space around it and never empty.
struct Frame {
    std::string_view
        data;  ///< valid inside the callback only, or see `in_place`; body_padding bytes behind it are readable
    std::uint64_t bytes = 0;  ///< true length of the body; > data.size() when it was too large
    bool too_large = false;   ///< data holds only the first 4 KiB
    bool in_place = false;    ///< data lies in the bytes that were fed to the reader, and lives as long as they do
};

/// The little interface both readers share, so that a file and a stream look alike to their
/// callers.
using FrameSink = std::function<void(const Frame&)>;

}  // namespace tally::connect
