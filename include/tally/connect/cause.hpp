#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tally::connect {

/// Why a session ended or an attempt failed: the closed list behind
/// marathon_stream_reconnects_total{cause}, v_sessions and v_gaps.
enum class Cause : std::uint8_t {
    closed,          ///< the peer ended the stream
    reset,           ///< the connection was torn down
    silent,          ///< no byte for longer than the silence limit
    leader_changed,  ///< closed, then another member or a redirect answered
    slow,            ///< closed or reset after we had not read for a while
    empty,           ///< a 200, then the end without a byte
    refused,         ///< nobody listens there
    unreachable,     ///< no way to the host
    dns,             ///< the name has no address, or the answer took too long
    timeout,         ///< no connection or no response header in time
    tls,             ///< handshake or certificate
    redirect,        ///< a loop, more than 3, or an unusable Location
    unauthorized,    ///< 401, 403, or our own credentials could not be read
    http_4xx,        ///< another 4xx
    http_5xx,        ///< a 5xx
    not_a_stream,    ///< a 200 of another type, another success, or not HTTP
    too_large,       ///< the response header is larger than the limit
    crash,           ///< our own unclean end before this process
    shutdown,        ///< we stopped
    reload,          ///< the configuration changed
};

/// Every cause, in the order above.
inline constexpr std::array all_causes = {
    Cause::closed,       Cause::reset,    Cause::silent,   Cause::leader_changed,
    Cause::slow,         Cause::empty,    Cause::refused,  Cause::unreachable,
    Cause::dns,          Cause::timeout,  Cause::tls,      Cause::redirect,
    Cause::unauthorized, Cause::http_4xx, Cause::http_5xx, Cause::not_a_stream,
    Cause::too_large,    Cause::crash,    Cause::shutdown, Cause::reload};

/// The label value, spelled as the enumerator.
[[nodiscard]] std::string_view to_string(Cause cause);

}  // namespace tally::connect
