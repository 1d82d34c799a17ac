#pragma once

#include <cstddef>
#include <string_view>

#include "tally/connect/body_buffer.hpp"
#include "tally/connect/bom_skipper.hpp"
#include "tally/connect/frame.hpp"

namespace tally::connect {

/// NDJSON: one body per line. Only LF ends a line (CR is white space), a line of white space only
/// is nothing, one leading BOM is skipped, the last line needs no LF. Bytes may be cut anywhere.
///
/// Memory: at most max_event_bytes of one line plus one read. Thread: one at a time. Pure.
class LineReader {
  public:
    explicit LineReader(std::size_t max_event_bytes);

    /// Calls `sink` for each line completed by these bytes. Lines that lie whole in `bytes` are not
    /// copied when `padded` says that 64 bytes behind `bytes` are readable.
    void feed(std::string_view bytes, bool padded, const FrameSink& sink);

    /// The input has ended: hands out a last line without LF, then begins a new stream.
    void finish(const FrameSink& sink);
    /// Begin a new stream: forgets everything, a BOM may come again.
    void reset();

  private:
    BodyBuffer body_;
    BomSkipper bom_;
};

}  // namespace tally::connect
