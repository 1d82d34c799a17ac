#pragma once

#include <string>

#include "tally/serve/http.hpp"

namespace tally::serve {

/// How an answer is to be framed.
struct Framing {
    bool http10 = false;  ///< the client speaks HTTP/1.0: keep-alive must be said
    bool keep_alive = true;
    bool packed = false;  ///< the body is gzipped
    bool varies = false;  ///< it would differ with another Accept-Encoding
};

/// Status line and header lines with the empty line that ends them. Content-Length is that of the
/// body.
[[nodiscard]] std::string head_of(const Response& response, const Framing& framing);

}  // namespace tally::serve
