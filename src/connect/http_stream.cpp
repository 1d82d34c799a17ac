#include "connect/http_stream.hpp"

#include <algorithm>
#include <utility>

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "connect/stream_failure.hpp"
#include "connect/use_tuple.hpp"

namespace tally::connect {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t buffer_bytes_max = std::size_t{128} << 10;
constexpr std::uint32_t header_bytes_max = 64 << 10;
constexpr std::size_t header_read_bytes = 4096;

bool has_control_bytes(std::string_view value) {
    return std::ranges::any_of(value, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
}

/// Without `Connection: close`, which would make Marathon's Jetty end a long body by the end of the
/// connection, so that one cut short looked whole.
http::request<http::string_body> make_message(
    const HttpStream::Request& request, const std::string& authorization
) {
    http::request<http::string_body> message;
    message.method_string(request.method);
    message.target(request.target);
    message.set(http::field::host, request.host);
    message.set(http::field::user_agent, "marathon-tally/" TALLY_VERSION);
    // Exactly so: Marathon compares an event stream's with equals.
    message.set(http::field::accept, request.accept);
    if (!authorization.empty()) {
        message.set(http::field::authorization, authorization);
    }
    if (!request.body.empty()) {
        message.set(http::field::content_type, "application/json");
        message.body() = request.body;
    }
    if (request.method != "GET") {
        message.content_length(request.body.size());
    }
    return message;
}

}  // namespace

HttpStream::HttpStream(
    asio::io_context& io,
    Subscription::Tls tls,
    Credentials credentials,
    NameLookup::Hanging hanging
)
    : connection_(io, std::move(tls), std::move(hanging)),
      credentials_(std::move(credentials)),
      buffer_(buffer_bytes_max) {
    // Beast reads no more at a time than it has room for, 512 bytes at first.
    buffer_.reserve(body_bytes);
}

asio::awaitable<Outcome> HttpStream::connect(const Endpoint& endpoint, Milliseconds within) {
    return connection_.open(endpoint, within);
}

asio::awaitable<Outcome> HttpStream::request(const Request& request) {
    const auto credentials = credentials_for(request);
    if (!credentials.fault.empty()) {
        co_return Failed{Cause::unauthorized, credentials.fault};
    }
    buffer_.clear();
    parser_.emplace();
    parser_->header_limit(header_bytes_max);
    parser_->body_limit(boost::none);
    bytes_ = {};
    after_bytes_.reset();
    if (auto* tls = connection_.tls()) {
        co_return co_await exchange(*tls, request, credentials.authorization);
    }
    co_return co_await exchange(connection_.plain(), request, credentials.authorization);
}

Subscription::Credentials HttpStream::credentials_for(const Request& request) const {
    if (!request.credentials) {
        return {};
    }
    if (!request.userinfo.empty()) {
        return {basic_authorization(request.userinfo), {}};
    }
    auto credentials = credentials_ ? credentials_() : Subscription::Credentials();
    if (has_control_bytes(credentials.authorization)) {
        return {{}, "the credentials hold a line end or a control character"};
    }
    return credentials;
}

template <class Stream>
asio::awaitable<Outcome> HttpStream::exchange(
    Stream& stream, const Request& request, std::string authorization
) {
    connection_.tcp().expires_after(request.within);
    auto message = make_message(request, authorization);
    const auto [write_error, written] = co_await http::async_write(stream, message, use_tuple);
    if (write_error) {
        co_return outcome_of(write_error);
    }
    co_return co_await read_header(stream);
}

/// Not Beast's own loop: the parser's limit (1.81) holds for each piece it is given, not for their
/// sum, so that endless header fields would pass.
template <class Stream>
asio::awaitable<Outcome> HttpStream::read_header(Stream& stream) {
    for (std::size_t total = 0; total < header_bytes_max;) {
        auto [ec, count] =
            co_await stream.async_read_some(buffer_.prepare(header_read_bytes), use_tuple);
        buffer_.commit(count);
        total += count;
        if (!ec) {
            buffer_.consume(parser_->put(buffer_.data(), ec));
        }
        if (parser_->is_header_done()) {
            co_return header();
        }
        if (ec && ec != http::error::need_more) {
            co_return outcome_of(ec);
        }
    }
    co_return Failed{Cause::too_large, "the response header is larger than 64 KiB"};
}

HeaderArrived HttpStream::header() const {
    const auto& message = parser_->get();
    HeaderArrived header{
        message.result_int(),
        std::string(message[http::field::content_type]),
        std::string(message[http::field::location]),
        std::nullopt};
    if (const auto length = parser_->content_length()) {
        header.length = *length;
    }
    return header;
}

asio::awaitable<Outcome> HttpStream::read(Milliseconds within) {
    if (after_bytes_) {
        co_return *std::exchange(after_bytes_, {});
    }
    if (auto* tls = connection_.tls()) {
        co_return co_await read_body(*tls, within);
    }
    co_return co_await read_body(connection_.plain(), within);
}

/// Hands out whatever part of the body there is, never waiting for the end of a chunk: a proxying
/// standby sends that only together with the next chunk.
template <class Stream>
asio::awaitable<Outcome> HttpStream::read_body(
    Stream& stream, Milliseconds within
) {
    connection_.tcp().expires_after(within);
    while (!parser_->is_done()) {
        auto& into = parser_->get().body();
        into.data = body_.data();
        into.size = body_bytes;
        into.more = true;
        auto [ec, consumed] = co_await http::async_read_some(stream, buffer_, *parser_, use_tuple);
        if (ec == http::error::need_buffer) {
            ec = {};
        }
        bytes_ = {body_.data(), body_bytes - parser_->get().body().size};
        if (!bytes_.empty()) {
            if (ec) {
                after_bytes_ = outcome_of(ec);
            }
            co_return BytesArrived{};
        }
        if (ec) {
            co_return outcome_of(ec);
        }
    }
    co_return Ended{.whole = true};
}

}  // namespace tally::connect
