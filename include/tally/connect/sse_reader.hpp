#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tally/connect/body_buffer.hpp"
#include "tally/connect/bom_skipper.hpp"
#include "tally/connect/frame.hpp"

namespace tally::connect {

/// Server-sent events, the whole WHATWG format: lines end with CR, LF or CRLF (CR and LF may arrive
/// in different reads), `data:` lines are joined with LF, one leading BOM is skipped, comments and
/// unknown fields are passed over, `event:` is read and ignored (semantics: the type is the
/// JSON's), `id:` and `retry:` have no use here. An event is dispatched at its blank line, at once;
/// one that is cut off by the end of the stream is not dispatched, nor one whose data is white
/// space only. Bytes may be cut anywhere.
///
/// Memory: at most max_event_bytes of one event plus one read. Thread: one at a time. Pure.
class SseReader {
  public:
    explicit SseReader(std::size_t max_event_bytes);

    /// Calls `sink` for each event completed by these bytes. Events that lie whole in `bytes` are
    /// not copied when `padded` says that 64 bytes behind `bytes` are readable.
    void feed(std::string_view bytes, bool padded, const FrameSink& sink);

    /// Whether the bytes so far end inside an event (data was begun and no blank line came).
    [[nodiscard]] bool inside_event() const { return data_begun_; }

    /// Begin a new stream: forgets everything, a BOM may come again.
    void reset();

  private:
    /// Where in a line that is cut over several reads we are.
    enum class Line : std::uint8_t { name, value_start, value, ignored };

    struct Input {
        const char* end;
        bool padded;
        const FrameSink& sink;
    };

    void line(std::string_view text, const Input& input);
    void whole_line(std::string_view text, const Input& input);
    void part_of_line(std::string_view text);
    void end_of_parts();
    void begin_data_line();
    void keep_whole();
    void dispatch(const Input& input);

    BodyBuffer body_;
    std::string_view
        whole_;  // data that is one line and lies in the bytes being fed; empty between feeds
    BomSkipper bom_;
    Line line_ = Line::name;
    std::uint8_t name_bytes_ =
        0;                   // how much of "data:" this line has shown; 0: at the start of a line
    bool after_cr_ = false;  // an LF now belongs to the line end before it
    bool data_begun_ = false;
};

}  // namespace tally::connect
