#pragma once

#include <cstddef>
#include <optional>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "tally/serve/http_server.hpp"

namespace tally::serve {

/// A request's header as the server takes it: a route, or a refusal that is the answer. Pure.
struct Head {
    Request request;               ///< without body and peer
    const Route* route = nullptr;  ///< set unless refused
    std::optional<Response> refusal;
    bool understood = false;  ///< well-formed: it may be judged who asks, and for what
    bool keep_alive = false;
    bool may_keep_alive = false;  ///< also after a refusal: no body is to come
    bool http10 = false;
    bool method_is_head = false;
    bool gzip = false;              ///< the client takes it
    bool expects_continue = false;  ///< and the body is to come

    /// Makes `response` the answer; what else the client may have to say is not read.
    void refuse(Response response);
    /// Makes `response` the answer; the client may go on with another request.
    void turn_away(Response response);
};

using HeadParser = boost::beast::http::request_parser<boost::beast::http::empty_body>;

/// Judges a complete header of `bytes` bytes.
[[nodiscard]] Head judge_head(
    const HeadParser& parser,
    std::size_t bytes,
    const Routes& routes,
    const HttpServer::Options& options
);

/// The refusal of a header that Beast could not parse.
[[nodiscard]] Head refuse_head(
    const HeadParser& parser, boost::system::error_code error, const HttpServer::Options& options
);

}  // namespace tally::serve
