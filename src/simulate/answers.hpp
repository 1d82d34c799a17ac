#pragma once

#include <optional>
#include <string>

#include "simulate/feed.hpp"
#include "simulate/request.hpp"

namespace tally::simulate {

/// An HTTP answer with a body of known length.
struct Answer {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::string location;  ///< of a redirect

    /// Head and body as bytes. `leader`: "host:port" for X-Marathon-Leader; `date`: an HTTP date.
    enum class Connection { keep, close };
    enum class Body { send, omit };
    [[nodiscard]] std::string text(
        std::string_view leader, std::string_view date, Connection connection, Body body_wish
    ) const;
};

[[nodiscard]] Answer error_answer(int status, std::string_view message);

/// Why a request for /v2/events gets no stream: wrong Accept (405, exact comparison as Jetty has
/// it), wrong method, or we are a standby (302). Nothing: attach it.
[[nodiscard]] std::optional<Answer> refuse_stream(
    const Request& request, std::string_view standby_of
);

/// The head of an event stream.
[[nodiscard]] std::string stream_head(
    Dialect dialect, std::string_view leader, std::string_view date
);

/// Everything else but subscriptions and /sim/: snapshots, info, leader, ping, 404 and 405.
[[nodiscard]] Answer rest_answer(const Request& request, const Life& life, std::string_view leader);

/// `Sun, 06 Nov 1994 08:49:37 GMT`
[[nodiscard]] std::string http_date(TimeMs time);

}  // namespace tally::simulate
