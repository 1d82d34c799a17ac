#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "connect/connection.hpp"
#include "connect/outcome.hpp"
#include "tally/connect/frame.hpp"

namespace tally::connect {

/// One HTTP exchange on a connection of its own: the request, the answer's header, then its body in
/// the pieces in which it comes, be it a short one or one that never ends.
///
/// Thread: the io_context's. Every call is awaited before the next; close() may come at any time
/// and makes the call in progress end soon. The object must live until then.
class HttpStream {
  public:
    using Milliseconds = std::chrono::milliseconds;
    using Credentials = std::function<Subscription::Credentials()>;

    struct Request {
        std::string method = "GET";
        std::string target;
        std::string host;
        std::string accept;
        std::string body;          ///< JSON; empty: none
        bool credentials = false;  ///< may be sent to this server
        std::string userinfo;      ///< goes before other credentials, if they may be sent
        Milliseconds within{};     ///< from now to the end of the answer's header
    };

    HttpStream(
        boost::asio::io_context& io,
        Subscription::Tls tls,
        Credentials credentials,
        NameLookup::Hanging hanging
    );

    /// Connected, Failed or TimedOut.
    boost::asio::awaitable<Outcome> connect(const Endpoint& endpoint, Milliseconds within);
    /// HeaderArrived, Ended, Failed or TimedOut.
    boost::asio::awaitable<Outcome> request(const Request& request);
    /// BytesArrived (see bytes()), Ended, Failed or TimedOut.
    boost::asio::awaitable<Outcome> read(Milliseconds within);

    /// The body bytes of the last read, with body_padding readable bytes behind them; until the
    /// next read.
    [[nodiscard]] std::string_view bytes() const { return bytes_; }

    void close() { connection_.close(); }

  private:
    Subscription::Credentials credentials_for(const Request& request) const;
    HeaderArrived header() const;

    template <class Stream>
    boost::asio::awaitable<Outcome> exchange(
        Stream& stream, const Request& request, std::string authorization
    );
    template <class Stream>
    boost::asio::awaitable<Outcome> read_header(Stream& stream);
    template <class Stream>
    boost::asio::awaitable<Outcome> read_body(Stream& stream, Milliseconds within);

    static constexpr std::size_t body_bytes = std::size_t{64} << 10;

    Connection connection_;
    Credentials credentials_;
    boost::beast::flat_buffer buffer_;
    std::optional<boost::beast::http::response_parser<boost::beast::http::buffer_body>> parser_;
    std::array<char, body_bytes + body_padding> body_{};
    std::string_view bytes_;
    std::optional<Outcome> after_bytes_;  // came together with the last bytes, to be told next
};

}  // namespace tally::connect
