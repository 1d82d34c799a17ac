#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tally/base/result.hpp"
#include "tally/connect/frame.hpp"

namespace tally::connect {

enum class Format { automatic, sse, ndjson };

/// A file or stdin ("-") as a source of frames: SSE or NDJSON, plain, gzip (also several members)
/// or zstd (also several frames), told apart by magic bytes, not by name.
///
/// Reads in chunks of 1 MiB or so; memory does not depend on the file's length. Thread: one at a
/// time.
class Recording {
  public:
    struct Limits {
        std::size_t max_event_bytes = std::size_t{64} << 20;
    };

    struct Progress {
        std::uint64_t bytes = 0;         ///< unpacked bytes read so far
        std::uint64_t packed_bytes = 0;  ///< bytes taken from the file
        std::uint64_t file_bytes = 0;    ///< the file's length, 0 for a pipe
    };

    struct End {
        bool inside_event = false;  ///< an SSE file that ended inside an event
    };

    /// Opens; an error if the file is not there or not readable, or is a folder.
    [[nodiscard]] static Result<Recording> open(
        const std::string& path, Format format, Limits limits
    );
    ~Recording();
    Recording(Recording&&) noexcept;
    Recording& operator=(Recording&&) noexcept;

    /// The first 512 unpacked bytes, or all if there are fewer or the rest cannot be read: what tells
    /// one recording from another. Waits for the first bytes. Before the first read_some().
    [[nodiscard]] std::string beginning();

    /// Reads the next chunk and hands out its frames. True while there is more; an error for a
    /// damaged or truncated archive and for failed reads: all frames before it have been handed
    /// out. What is `in_place` lives until the next call.
    [[nodiscard]] Result<bool> read_some(const FrameSink& sink);

    [[nodiscard]] Progress progress() const;
    [[nodiscard]] End end() const;

  private:
    class Impl;
    explicit Recording(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::connect
