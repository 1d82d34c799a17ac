#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tally/base/result.hpp"

namespace tally::connect {

/// One Marathon's address: `http[s]://[user:password@]host[:port][/path][?query]`. Pure.
struct Endpoint {
    bool tls = false;
    std::string host;         ///< lower case; an IPv6 literal without its brackets
    std::uint16_t port = 80;  ///< 443 for https
    std::string path;         ///< as written, for example /service/marathon; may be empty
    std::string query;        ///< as written, without the question mark
    std::string userinfo;     ///< as written, percent-encoded; a secret: never logged or shown

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// The error says what is wrong and repeats nothing of the text, which may hold a password.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view url);

/// Where a Location header leads, absolute or relative to the server that sent it; its userinfo is
/// dropped.
[[nodiscard]] Result<Endpoint> parse_location(const Endpoint& from, std::string_view location);

/// For logs, rows and pages: scheme, host, port and path; without userinfo and query.
[[nodiscard]] std::string shown(const Endpoint& endpoint);

/// The Host header: host, brackets around an IPv6 literal, the port if it is not the scheme's own.
[[nodiscard]] std::string authority(const Endpoint& endpoint);

/// Path and query as written: the request target of a redirect.
[[nodiscard]] std::string request_target(const Endpoint& endpoint);

/// `PATH/v2/events?plan-format=light`, and the endpoint's own query behind that.
[[nodiscard]] std::string events_target(const Endpoint& endpoint);

/// `target`, which begins with a slash, behind the endpoint's path; the endpoint's query is for events only.
[[nodiscard]] std::string rest_target(const Endpoint& endpoint, std::string_view target);

/// The same process as far as addresses tell: scheme, host and port are equal.
[[nodiscard]] bool same_server(const Endpoint& a, const Endpoint& b);

/// `Basic ...` for an Authorization header from percent-encoded `user:password`.
[[nodiscard]] std::string basic_authorization(std::string_view userinfo);

/// The same from a user, who has no colon, and a password as they are.
[[nodiscard]] std::string basic_authorization(std::string_view user, std::string_view password);

}  // namespace tally::connect
