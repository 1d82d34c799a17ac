#include "connect/http_stream.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "connect/stream_failure.hpp"
#include "connect/tls_context.hpp"
#include "connect/use_tuple.hpp"

namespace tally::connect {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Fsm = SubscriptionFsm;

constexpr std::size_t buffer_bytes_max = std::size_t{128} << 10;
constexpr std::uint32_t header_bytes_max = 64 << 10;
constexpr std::size_t header_read_bytes = 4096;

std::string text(const tcp::endpoint& address) {
    return address.address().to_string() + " port " + std::to_string(address.port());
}

bool has_control_bytes(std::string_view value) {
    return std::ranges::any_of(value, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
}

http::request<http::empty_body> make_request(
    const Fsm::Request& action, const std::string& authorization
) {
    http::request<http::empty_body> request(http::verb::get, action.target, 11);
    request.set(http::field::host, action.host);
    request.set(http::field::user_agent, "marathon-tally/" TALLY_VERSION);
    request.set(
        http::field::accept, "text/event-stream"
    );  // exactly so: Marathon compares with equals
    if (!authorization.empty()) {
        request.set(http::field::authorization, authorization);
    }
    return request;
}

}  // namespace

HttpStream::HttpStream(asio::io_context& io, Subscription::Tls tls, Credentials credentials)
    : io_(io),
      tls_options_(std::move(tls)),
      credentials_(std::move(credentials)),
      lookup_timer_(io),
      hanging_(std::make_shared<std::atomic<int>>(0)),
      buffer_(buffer_bytes_max) {
    buffer_.reserve(body_bytes
    );  // Beast reads no more at a time than it has room for, 512 bytes at first
}

asio::awaitable<Fsm::Happened> HttpStream::connect(const Fsm::Connect& action) {
    closed_ = false;
    const auto until = std::chrono::steady_clock::now() + action.within;
    auto failed = co_await look_up(action.endpoint, until);
    if (failed) {
        co_return std::move(*failed);
    }
    auto connected = co_await connect_tcp(until);
    if (!std::holds_alternative<Fsm::Connected>(connected) || !action.endpoint.tls) {
        co_return connected;
    }
    if (auto no_tls = begin_tls(action.endpoint)) {
        co_return std::move(*no_tls);
    }
    co_return co_await shake_hands(action.endpoint, until);
}

asio::awaitable<std::optional<Fsm::Failed>> HttpStream::look_up(
    const Endpoint& endpoint, Time until
) {
    addresses_.clear();
    error_code not_literal;
    const auto literal = asio::ip::make_address(endpoint.host, not_literal);
    if (!not_literal) {
        addresses_.emplace_back(literal, endpoint.port);
        co_return std::nullopt;
    }
    NameLookup lookup(lookup_timer_, endpoint.host, endpoint.port, hanging_);
    lookup_timer_.expires_at(until);
    if (!lookup.done()) {
        co_await lookup_timer_.async_wait(use_tuple);
    }
    if (!lookup.done()) {
        co_return Fsm::Failed{Cause::dns, endpoint.host + ": no answer in time"};
    }
    if (lookup.addresses().empty()) {
        co_return Fsm::Failed{Cause::dns, endpoint.host + ": " + lookup.error()};
    }
    addresses_ = lookup.addresses();
    co_return std::nullopt;
}

/// Each address gets its share of the time that is left, so that a dead first one does not hide the
/// others.
asio::awaitable<Fsm::Happened> HttpStream::connect_tcp(Time until) {
    Fsm::Happened last = Fsm::TimedOut{};
    for (std::size_t i = 0; i < addresses_.size() && !closed_; ++i) {
        const auto left = until - std::chrono::steady_clock::now();
        tls_.reset();
        plain_.emplace(io_);
        plain_->expires_after(left / static_cast<int>(addresses_.size() - i));
        const auto [ec] = co_await plain_->async_connect(addresses_[i], use_tuple);
        if (!ec) {
            error_code
                ignored;  // keep-alive is a second line of defence: silence is noticed anyway
            plain_->socket().set_option(asio::socket_base::keep_alive(true), ignored);
            co_return Fsm::Connected{};
        }
        last = ec == beast::error::timeout
                   ? Fsm::Happened(Fsm::TimedOut{})
                   : Fsm::Happened(Fsm::Failed{
                         cause_of_connect(ec), text(addresses_[i]) + ": " + ec.message()});
    }
    co_return last;
}

std::optional<Fsm::Failed> HttpStream::begin_tls(const Endpoint& endpoint) {
    auto context = make_tls_context(tls_options_);
    if (!context) {
        return Fsm::Failed{Cause::tls, context.error().what};
    }
    auto tcp_stream = std::move(*plain_);
    plain_.reset();
    tls_.reset();
    tls_context_ = std::move(*context);
    tls_.emplace(std::move(tcp_stream), *tls_context_);
    const auto& name = tls_options_.server_name.empty() ? endpoint.host : tls_options_.server_name;
    error_code not_literal;
    std::ignore = asio::ip::make_address(name, not_literal);
    if (not_literal && SSL_set_tlsext_host_name(tls_->native_handle(), name.c_str()) != 1) {
        return Fsm::Failed{Cause::tls, "the server's name cannot be sent"};
    }
    error_code ec;
    if (!tls_options_.insecure_skip_verify) {
        tls_->set_verify_callback(asio::ssl::host_name_verification(name), ec);
    }
    return ec ? std::optional(Fsm::Failed{Cause::tls, ec.message()}) : std::nullopt;
}

asio::awaitable<Fsm::Happened> HttpStream::shake_hands(const Endpoint& endpoint, Time until) {
    tcp().expires_at(until);
    const auto [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::client, use_tuple);
    if (!ec) {
        co_return Fsm::Connected{};
    }
    if (ec == beast::error::timeout) {
        co_return Fsm::TimedOut{};
    }
    co_return Fsm::Failed{Cause::tls, endpoint.host + ": " + ec.message()};
}

asio::awaitable<Fsm::Happened> HttpStream::request(const Fsm::Request& action) {
    const auto credentials = credentials_for(action);
    if (!credentials.fault.empty()) {
        co_return Fsm::Failed{Cause::unauthorized, credentials.fault};
    }
    buffer_.clear();
    parser_.emplace();
    parser_->header_limit(header_bytes_max);
    parser_->body_limit(boost::none);
    bytes_ = {};
    after_bytes_.reset();
    if (tls_) {
        co_return co_await exchange(*tls_, action, credentials.authorization);
    }
    co_return co_await exchange(*plain_, action, credentials.authorization);
}

Subscription::Credentials HttpStream::credentials_for(const Fsm::Request& action) const {
    if (!action.credentials) {
        return {};
    }
    if (!action.userinfo.empty()) {
        return {basic_authorization(action.userinfo), {}};
    }
    auto credentials = credentials_ ? credentials_() : Subscription::Credentials();
    if (has_control_bytes(credentials.authorization)) {
        return {{}, "the credentials hold a line end or a control character"};
    }
    return credentials;
}

template <class Stream>
asio::awaitable<Fsm::Happened> HttpStream::exchange(
    Stream& stream, const Fsm::Request& action, std::string authorization
) {
    tcp().expires_after(action.within);
    auto message = make_request(action, authorization);
    const auto [write_error, written] = co_await http::async_write(stream, message, use_tuple);
    if (write_error) {
        co_return happened(write_error);
    }
    co_return co_await read_header(stream);
}

/// Not Beast's own loop: the parser's limit (1.81) holds for each piece it is given, not for their
/// sum, so that endless header fields would pass.
template <class Stream>
asio::awaitable<Fsm::Happened> HttpStream::read_header(Stream& stream) {
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
            co_return happened(ec);
        }
    }
    co_return Fsm::Failed{Cause::too_large, "the response header is larger than 64 KiB"};
}

Fsm::HeaderArrived HttpStream::header() const {
    const auto& message = parser_->get();
    return {
        message.result_int(),
        std::string(message[http::field::content_type]),
        std::string(message[http::field::location])};
}

asio::awaitable<Fsm::Happened> HttpStream::read(const Fsm::Read& action) {
    if (after_bytes_) {
        co_return *std::exchange(after_bytes_, {});
    }
    if (tls_) {
        co_return co_await read_body(*tls_, action.within);
    }
    co_return co_await read_body(*plain_, action.within);
}

/// Hands out whatever part of the body there is, never waiting for the end of a chunk: a proxying
/// standby sends that only together with the next chunk.
template <class Stream>
asio::awaitable<Fsm::Happened> HttpStream::read_body(
    Stream& stream, std::chrono::milliseconds within
) {
    tcp().expires_after(within);
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
                after_bytes_ = happened(ec);
            }
            co_return Fsm::BytesArrived{};
        }
        if (ec) {
            co_return happened(ec);
        }
    }
    co_return Fsm::Ended{};
}

beast::tcp_stream& HttpStream::tcp() {
    return tls_ ? beast::get_lowest_layer(*tls_) : *plain_;
}

void HttpStream::close() {
    closed_ = true;
    lookup_timer_.cancel();
    if (tls_ || plain_) {
        tcp().close();
    }
}

}  // namespace tally::connect
