#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tally/connect/frame.hpp"

namespace tally::connect {

/// Puts one event body together from its pieces and hands it out; what SseReader and LineReader
/// have in common. JSON white space around the body is dropped as it comes, a body of nothing else
/// is none.
///
/// Memory: at most bytes_max plus padding (twice that while it grows), 4 KiB of a body that is
/// larger. Thread: one at a time. Pure.
class BodyBuffer {
  public:
    explicit BodyBuffer(std::size_t bytes_max);

    void append(std::string_view piece);

    /// Nothing but white space came since the last hand-out.
    [[nodiscard]] bool empty() const { return length_ == 0; }

    /// Hands out what was put together, if anything, and begins the next body.
    void emit(const FrameSink& sink);
    /// Hands out a body that lies whole in memory; not copied when `padded` says that body_padding
    /// bytes behind it are readable. Only while empty().
    void emit_whole(std::string_view body, bool padded, const FrameSink& sink);
    void clear();

  private:
    void keep(std::string_view piece);

    std::size_t bytes_max_;
    std::string bytes_;  // the first bytes of the body, bounded
    std::uint64_t length_ =
        0;                   // of the body so far, with white space that may turn out to be inside
    std::uint64_t end_ = 0;  // behind the last byte that is not white space
};

}  // namespace tally::connect
