#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "connect/name_lookup.hpp"
#include "connect/outcome.hpp"
#include "tally/connect/endpoint.hpp"
#include "tally/connect/subscription.hpp"

namespace tally::connect {

/// A byte stream to a server, over TCP or TLS: looks its name up, tries its addresses in turn, shakes hands. Everything
/// anew at each open(): names, CA store, certificates.
///
/// Thread: the io_context's. close() may come at any time and makes the open() in progress end soon; the object must
/// live until then.
class Connection {
  public:
    using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;

    /// `hanging` counts the look-ups that have not come back, together with whoever else uses it.
    Connection(boost::asio::io_context& io, Subscription::Tls tls, NameLookup::Hanging hanging);

    /// Connected, Failed or TimedOut, within the time for all of it.
    boost::asio::awaitable<Outcome> open(const Endpoint& endpoint, std::chrono::milliseconds within);

    void close();

    /// Once open: TLS, or null when it is plain.
    [[nodiscard]] TlsStream* tls() { return tls_ ? &*tls_ : nullptr; }
    /// Once open and not TLS.
    [[nodiscard]] boost::beast::tcp_stream& plain() { return *plain_; }
    /// Once open: where time limits are set.
    [[nodiscard]] boost::beast::tcp_stream& tcp();

  private:
    using Time = std::chrono::steady_clock::time_point;

    boost::asio::awaitable<std::optional<Failed>> look_up(const Endpoint& endpoint, Time until);
    boost::asio::awaitable<Outcome> connect_tcp(Time until);
    boost::asio::awaitable<Outcome> shake_hands(const Endpoint& endpoint, Time until);
    std::optional<Failed> begin_tls(const Endpoint& endpoint);

    boost::asio::io_context& io_;
    Subscription::Tls tls_options_;
    boost::asio::steady_timer lookup_timer_;
    NameLookup::Hanging hanging_;
    std::vector<boost::asio::ip::tcp::endpoint> addresses_;
    std::unique_ptr<boost::asio::ssl::context> tls_context_;
    std::optional<boost::beast::tcp_stream> plain_;
    std::optional<TlsStream> tls_;  // one of the two, once connecting
    bool closed_ = false;
};

}  // namespace tally::connect
