#include "connect/connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <tuple>
#include <utility>

#include <boost/asio/ssl/host_name_verification.hpp>

#include "connect/stream_failure.hpp"
#include "connect/tls_context.hpp"
#include "connect/use_tuple.hpp"

namespace tally::connect {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

std::string text(const tcp::endpoint& address) {
    return address.address().to_string() + " port " + std::to_string(address.port());
}

/// A peer that is gone without a word is noticed within 25 s even while we do not read; while we do, silence is noticed
/// anyway. What the system does not take is a line of defence less, no failure.
void keep_alive(tcp::socket& socket) {
    constexpr std::pair<int, int> settings[] = {{TCP_KEEPIDLE, 10}, {TCP_KEEPINTVL, 5}, {TCP_KEEPCNT, 3}};
    error_code ignored;
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    for (const auto& [name, value] : settings) {
        std::ignore = ::setsockopt(socket.native_handle(), IPPROTO_TCP, name, &value, sizeof value);
    }
}

}  // namespace

Connection::Connection(asio::io_context& io, Subscription::Tls tls, NameLookup::Hanging hanging)
    : io_(io), tls_options_(std::move(tls)), lookup_timer_(io), hanging_(std::move(hanging)) {}

asio::awaitable<Outcome> Connection::open(const Endpoint& endpoint, std::chrono::milliseconds within) {
    closed_ = false;
    const auto until = std::chrono::steady_clock::now() + within;
    auto failed = co_await look_up(endpoint, until);
    if (failed) {
        co_return std::move(*failed);
    }
    auto connected = co_await connect_tcp(until);
    if (!std::holds_alternative<Connected>(connected) || !endpoint.tls) {
        co_return connected;
    }
    if (auto no_tls = begin_tls(endpoint)) {
        co_return std::move(*no_tls);
    }
    co_return co_await shake_hands(endpoint, until);
}

asio::awaitable<std::optional<Failed>> Connection::look_up(const Endpoint& endpoint, Time until) {
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
        co_return Failed{Cause::dns, endpoint.host + ": no answer in time"};
    }
    if (lookup.addresses().empty()) {
        co_return Failed{Cause::dns, endpoint.host + ": " + lookup.error()};
    }
    addresses_ = lookup.addresses();
    co_return std::nullopt;
}

/// Each address gets its share of the time that is left, so that a dead first one does not hide the
/// others.
asio::awaitable<Outcome> Connection::connect_tcp(Time until) {
    Outcome last = TimedOut{};
    for (std::size_t i = 0; i < addresses_.size() && !closed_; ++i) {
        const auto left = until - std::chrono::steady_clock::now();
        tls_.reset();
        plain_.emplace(io_);
        plain_->expires_after(left / static_cast<int>(addresses_.size() - i));
        const auto [ec] = co_await plain_->async_connect(addresses_[i], use_tuple);
        if (!ec) {
            keep_alive(plain_->socket());
            co_return Connected{};
        }
        last = ec == beast::error::timeout
                   ? Outcome(TimedOut{})
                   : Outcome(Failed{cause_of_connect(ec), text(addresses_[i]) + ": " + ec.message()});
    }
    co_return last;
}

std::optional<Failed> Connection::begin_tls(const Endpoint& endpoint) {
    auto context = make_tls_context(tls_options_);
    if (!context) {
        return Failed{Cause::tls, context.error().what};
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
        return Failed{Cause::tls, "the server's name cannot be sent"};
    }
    error_code ec;
    if (!tls_options_.insecure_skip_verify) {
        tls_->set_verify_callback(asio::ssl::host_name_verification(name), ec);
    }
    return ec ? std::optional(Failed{Cause::tls, ec.message()}) : std::nullopt;
}

asio::awaitable<Outcome> Connection::shake_hands(const Endpoint& endpoint, Time until) {
    tcp().expires_at(until);
    const auto [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::client, use_tuple);
    if (!ec) {
        co_return Connected{};
    }
    if (ec == beast::error::timeout) {
        co_return TimedOut{};
    }
    const long verdict = SSL_get_verify_result(tls_->native_handle());
    const std::string why =
        verdict == X509_V_OK ? "" : std::string(": ") + X509_verify_cert_error_string(verdict);
    co_return Failed{Cause::tls, endpoint.host + ": " + ec.message() + why};
}

beast::tcp_stream& Connection::tcp() {
    return tls_ ? beast::get_lowest_layer(*tls_) : *plain_;
}

void Connection::close() {
    closed_ = true;
    lookup_timer_.cancel();
    if (tls_ || plain_) {
        tcp().close();
    }
}

}  // namespace tally::connect
