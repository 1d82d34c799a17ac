#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tally::simulate {

/// The head of an HTTP request. Only what a Marathon looks at.
struct Request {
    std::string method;
    std::string path;                                             ///< percent-decoded
    std::string query;                                            ///< as sent, without '?'
    int minor_version = 1;                                        ///< HTTP/1.x
    std::vector<std::pair<std::string, std::string>> headers;     ///< names in lower case
    std::vector<std::pair<std::string, std::string>> parameters;  ///< decoded, in order

    std::string body;  ///< what came behind the head; not read by parse_request

    /// All values of a header, in order.
    [[nodiscard]] std::vector<std::string_view> header(std::string_view lower_case_name) const;
    /// All values of a query parameter, in order.
    [[nodiscard]] std::vector<std::string_view> parameter(std::string_view name) const;
    [[nodiscard]] bool keeps_alive() const;
    /// Nothing when absent; also for a chunked or malformed length, which nobody sends us.
    [[nodiscard]] std::optional<std::size_t> content_length() const;
};

/// Reads everything up to and with the blank line. Nothing when it is not an HTTP/1.x head.
[[nodiscard]] std::optional<Request> parse_request(std::string_view head);

/// An absolute http URL without user info, for callbacks and leaders.
struct HttpUrl {
    std::string host;  ///< IPv6 without brackets
    std::string port = "80";
    std::string target = "/";
};

[[nodiscard]] std::optional<HttpUrl> parse_http_url(std::string_view text);

}  // namespace tally::simulate
