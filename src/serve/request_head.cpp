#include "serve/request_head.hpp"

#include <algorithm>

#include "tally/serve/negotiate.hpp"

namespace tally::serve {

namespace {

namespace http = boost::beast::http;

constexpr unsigned http10 = 10;
constexpr unsigned http11 = 11;

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

/// The path and query of a target in origin or absolute form; nothing for any other form.
std::optional<std::string_view> origin_form(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (target.starts_with(scheme)) {
            const std::size_t slash = target.find('/', scheme.size());
            return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
        }
    }
    return target.starts_with("/") ? std::optional(target) : std::nullopt;
}

/// What is wrong with the header as such, whatever it asks for.
std::optional<Response> fault_of(
    const HeadParser& parser, std::size_t bytes, const HttpServer::Options& options
) {
    const auto& message = parser.get();
    if (message.target().size() > options.target_bytes_max) {
        return error_response(414, "the target is too long");
    }
    const auto lines = static_cast<std::size_t>(std::distance(message.begin(), message.end()));
    if (bytes > options.header_bytes_max || lines > options.header_lines_max) {
        return error_response(431, "the header is too large");
    }
    if (message.version() != http10 && message.version() != http11) {
        return error_response(400, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    }
    if (message.version() == http11 && message.count(http::field::host) != 1) {
        return error_response(400, "one Host line is needed");
    }
    if (message.count(http::field::transfer_encoding) > 0 && !parser.chunked()) {
        return error_response(400, "the only transfer encoding understood is chunked");
    }
    return std::nullopt;
}

bool has_body(const HeadParser& parser) {
    return parser.chunked() || parser.content_length().value_or(0) > 0;
}

/// Finds the route, or the refusal that says why there is none.
void find_route(Head& head, const HeadParser& parser, const Routes& routes) {
    Routes::Found found = routes.find(head.request.method, head.request.path);
    head.request.parameter = std::move(found.parameter);
    head.route = found.route;
    if (head.route != nullptr) {
        if (parser.content_length().value_or(0) > head.route->body_bytes_max) {
            head.refuse(error_response(413, "the body is too large"));
        }
        return;
    }
    Response response = found.allow.empty()
                            ? error_response(404, "there is nothing at this path")
                            : error_response(405, "this method is not for this path");
    if (!found.allow.empty()) {
        response.headers.emplace_back("Allow", found.allow);
    }
    head.turn_away(std::move(response));
}

}  // namespace

void Head::refuse(Response response) {
    refusal = std::move(response);
    keep_alive = false;
}

void Head::turn_away(Response response) {
    refusal = std::move(response);
    keep_alive = may_keep_alive;
}

Head judge_head(
    const HeadParser& parser,
    std::size_t bytes,
    const Routes& routes,
    const HttpServer::Options& options
) {
    const auto& message = parser.get();
    Head head;
    head.http10 = message.version() == http10;
    head.method_is_head = message.method() == http::verb::head;
    if (auto fault = fault_of(parser, bytes, options)) {
        head.refuse(*std::move(fault));
        return head;
    }
    const auto target = origin_form(view(message.target()));
    if (!target) {
        head.refuse(error_response(400, "the target must be a path"));
        return head;
    }
    head.understood = true;
    head.keep_alive = parser.keep_alive();
    head.may_keep_alive = head.keep_alive && !has_body(parser);
    head.request.method = view(message.method_string());
    head.request.path = target->substr(0, target->find('?'));
    head.request.query = target->substr(std::min(target->size(), head.request.path.size() + 1));
    for (const auto& field : message) {
        head.request.headers.emplace_back(view(field.name_string()), view(field.value()));
    }
    head.gzip = accepts_gzip(head.request.header("Accept-Encoding"));
    head.expects_continue = !head.http10 && has_body(parser) &&
                            http::token_list(message[http::field::expect]).exists("100-continue");
    find_route(head, parser, routes);
    return head;
}

Head refuse_head(
    const HeadParser& parser, boost::system::error_code error, const HttpServer::Options& options
) {
    Head head;
    if (error != http::error::header_limit && error != http::error::buffer_overflow) {
        head.refuse(error_response(400, "malformed request: " + error.message()));
        return head;
    }
    // A request line that never ended has given no target yet.
    const std::size_t target = parser.get().target().size();
    const bool long_target = target == 0 || target > options.target_bytes_max;
    head.refuse(
        long_target ? error_response(414, "the target is too long")
                    : error_response(431, "the header is too large")
    );
    return head;
}

}  // namespace tally::serve
