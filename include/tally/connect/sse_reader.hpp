#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tally::connect {

/// One event body as it left the framing: SSE data joined, or one NDJSON line.
struct Frame {
    std::string_view data;         ///< valid inside the callback only; body_padding bytes behind it are readable
    std::uint64_t bytes = 0;       ///< true length of the body; > data.size() when it was too large
    bool too_large = false;        ///< data holds only the first 4 KiB
};

/// The little interface both readers share, so that a file and a stream look alike to their callers.
using FrameSink = std::function<void(const Frame&)>;

/// Server-sent events, the whole WHATWG format: lines end with CR, LF or CRLF (CR and LF may arrive in
/// different reads), `data:` lines are joined with LF, one leading BOM is skipped, comments and unknown
/// fields are passed over, `event:` is read and ignored (semantics: the type is the JSON's), `id:` and
/// `retry:` have no use here. An event is dispatched at its blank line, at once; one that is cut off by
/// the end of the stream is not dispatched. Bytes may be cut anywhere.
///
/// Memory: at most max_event_bytes of one event plus one read. Thread: one at a time. Pure.
class SseReader {
  public:
    explicit SseReader(std::size_t max_event_bytes);

    /// Calls `sink` for each event completed by these bytes. Events that lie whole in `bytes` are not
    /// copied when `padded` says that 64 bytes behind `bytes` are readable.
    void feed(std::string_view bytes, bool padded, const FrameSink& sink);

    /// Whether the bytes so far end inside an event (data was begun and no blank line came).
    [[nodiscard]] bool inside_event() const;
    /// Begin a new stream: forgets everything, a BOM may come again.
    void reset();
};

}  // namespace tally::connect
