#include "serve/reply.hpp"

#include <boost/beast/http/status.hpp>

namespace tally::serve {

std::string head_of(const Response& response, const Framing& framing) {
    namespace http = boost::beast::http;
    const std::string_view reason =
        http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
    head += reason;
    head += "\r\n";
    const auto line = [&head](std::string_view name, std::string_view value) {
        head.append(name).append(": ").append(value).append("\r\n");
    };
    if (!response.content_type.empty()) {
        line("Content-Type", response.content_type);
    }
    line("Content-Length", std::to_string(response.body.size()));
    if (framing.packed) {
        line("Content-Encoding", "gzip");
    }
    if (framing.varies) {
        line("Vary", "Accept-Encoding");
    }
    for (const auto& [name, value] : response.headers) {
        line(name, value);
    }
    if (!framing.keep_alive) {
        line("Connection", "close");
    } else if (framing.http10) {
        line("Connection", "keep-alive");
    }
    head += "\r\n";
    return head;
}

}  // namespace tally::serve
