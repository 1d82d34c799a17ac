#pragma once

#include <span>
#include <string>
#include <utility>

#include "tally/base/time.hpp"
#include "tally/serve/http.hpp"

namespace tally::serve {

/// How an answer is to be framed.
struct Framing {
    bool http10 = false;  ///< the client speaks HTTP/1.0: keep-alive must be said
    bool keep_alive = true;
    bool packed = false;  ///< the body is gzipped
    bool varies = false;  ///< it would differ with another Accept-Encoding
    TimeMs now = 0;       ///< for the Date line
    /// Further lines, but for those that the answer has itself.
    std::span<const std::pair<std::string, std::string>> headers{};
};

/// Status line and header lines with the empty line that ends them. Content-Length is that of the
/// body.
[[nodiscard]] std::string head_of(const Response& response, const Framing& framing);

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
[[nodiscard]] std::string http_date(TimeMs time);

}  // namespace tally::serve
