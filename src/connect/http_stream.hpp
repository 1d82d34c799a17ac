#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "connect/name_lookup.hpp"
#include "connect/subscription_fsm.hpp"
#include "tally/connect/frame.hpp"

namespace tally::connect {

/// One HTTP exchange whose body never ends, over TCP or TLS: does what the machine asks, one thing
/// at a time, and says in the machine's words how it went.
///
/// Thread: the io_context's. Every call is awaited before the next; close() may come at any time
/// and makes the call in progress end soon. The object must live until then.
class HttpStream {
  public:
    using Fsm = SubscriptionFsm;
    using Credentials = std::function<Subscription::Credentials()>;

    HttpStream(boost::asio::io_context& io, Subscription::Tls tls, Credentials credentials);

    /// Looks the name up, tries its addresses in turn, shakes hands: Connected, Failed or TimedOut.
    boost::asio::awaitable<Fsm::Happened> connect(const Fsm::Connect& action);
    /// HeaderArrived, Ended, Failed or TimedOut.
    boost::asio::awaitable<Fsm::Happened> request(const Fsm::Request& action);
    /// BytesArrived (see bytes()), Ended, Failed or TimedOut.
    boost::asio::awaitable<Fsm::Happened> read(const Fsm::Read& action);

    /// The body bytes of the last read, with body_padding readable bytes behind them; until the
    /// next read.
    [[nodiscard]] std::string_view bytes() const { return bytes_; }

    void close();

  private:
    using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;
    using Time = std::chrono::steady_clock::time_point;

    boost::asio::awaitable<std::optional<Fsm::Failed>> look_up(
        const Endpoint& endpoint, Time until
    );
    boost::asio::awaitable<Fsm::Happened> connect_tcp(Time until);
    boost::asio::awaitable<Fsm::Happened> shake_hands(const Endpoint& endpoint, Time until);
    std::optional<Fsm::Failed> begin_tls(const Endpoint& endpoint);
    Subscription::Credentials credentials_for(const Fsm::Request& action) const;
    Fsm::HeaderArrived header() const;

    template <class Stream>
    boost::asio::awaitable<Fsm::Happened> exchange(
        Stream& stream, const Fsm::Request& action, std::string authorization
    );
    template <class Stream>
    boost::asio::awaitable<Fsm::Happened> read_header(Stream& stream);
    template <class Stream>
    boost::asio::awaitable<Fsm::Happened> read_body(
        Stream& stream, std::chrono::milliseconds within
    );

    boost::beast::tcp_stream& tcp();

    static constexpr std::size_t body_bytes = std::size_t{64} << 10;

    boost::asio::io_context& io_;
    Subscription::Tls tls_options_;
    Credentials credentials_;
    boost::asio::steady_timer lookup_timer_;
    NameLookup::Hanging hanging_;
    std::vector<boost::asio::ip::tcp::endpoint> addresses_;
    std::unique_ptr<boost::asio::ssl::context> tls_context_;
    std::optional<boost::beast::tcp_stream> plain_;
    std::optional<TlsStream> tls_;  // one of the two, once connecting
    boost::beast::flat_buffer buffer_;
    std::optional<boost::beast::http::response_parser<boost::beast::http::buffer_body>> parser_;
    std::array<char, body_bytes + body_padding> body_{};
    std::string_view bytes_;
    std::optional<Fsm::Happened>
        after_bytes_;  // came together with the last bytes, to be told next
    bool closed_ = false;
};

}  // namespace tally::connect
