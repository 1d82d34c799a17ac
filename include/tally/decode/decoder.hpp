#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tally/base/result.hpp"
#include "tally/decode/event.hpp"

namespace tally::decode {

/// Bytes that must be readable (whatever they hold) behind every body given to Decoder::decode.
inline constexpr std::size_t body_padding = 64;

/// Why a body is not an event. `reason` is one of not_json, not_object, no_event_type; too_large
/// when there is no memory to parse it.
struct DecodeError {
    RejectReason reason = RejectReason::not_json;
    std::string what;                 ///< names the field or the fault, readable
    std::size_t offset = 0;           ///< byte offset in the body, as near as the parser knows
    std::optional<TimeMs> timestamp;  ///< the body's own, where it could be read (no_event_type)
};

/// One body -> Event, or why not. The whole body is validated (UTF-8, escapes, numbers, nesting up
/// to 512), not only the fields that are read, so that what is stored as a payload is JSON.
///
/// The five hot events, written as Marathon writes them and without escapes (95 of 100 on a busy
/// cluster), are read in place, with the same result: about four times as fast as the parser, and
/// every text in such an Event is a view into the body. Those of any other may lie in the Decoder.
///
/// Owns the parser's buffers (up to about 14 times the largest body, touched as far as it has
/// values) and reuses them: no allocation per event in the steady state; with the first body up to
/// 1 MiB that is parsed after a larger one they shrink again. Thread: one at a time.
class Decoder {
  public:
    Decoder();
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    /// `body` without surrounding white space, followed by body_padding readable bytes. The Event's
    /// views live until the next decode() or the end of `body`'s bytes, whichever is first.
    [[nodiscard]] boost::system::result<Event, DecodeError> decode(std::string_view body);

    /// Whether the last one was read in place: its Event lives as long as the body, whatever is decoded next.
    [[nodiscard]] bool is_in_place() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// `body` without leading and trailing JSON white space; empty means: no input at all.
[[nodiscard]] std::string_view trim_body(std::string_view body);

}  // namespace tally::decode
