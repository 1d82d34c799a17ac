#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "serve/tls_session.hpp"

namespace tally::serve {

/// The bytes of one connection, plain or in TLS: one type, so that what reads requests is compiled
/// once. Every wait ends at the time set last by expires_*, with an error; the socket is then
/// closed. At most one operation at a time. Thread: io.
class ByteStream {
  public:
    struct Moved {
        boost::system::error_code error;
        std::size_t count = 0;
    };

    using Clock = std::chrono::steady_clock;

    explicit ByteStream(boost::beast::tcp_stream tcp) : tcp_(std::move(tcp)) {}

    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;

    /// The end of what comes is asio::error::eof, whether TLS was ended properly or cut: HTTP tells
    /// by itself whether a request is whole.
    [[nodiscard]] boost::asio::awaitable<Moved> read_some(boost::asio::mutable_buffer room);
    [[nodiscard]] boost::asio::awaitable<Moved> write_some(boost::asio::const_buffer bytes);

    /// All that comes from here on is TLS; `first` is what has come of it already. After an error
    /// the connection is of no use.
    [[nodiscard]] boost::asio::awaitable<boost::system::error_code> start_tls(
        std::shared_ptr<TlsContext> context, boost::asio::const_buffer first
    );

    [[nodiscard]] bool is_tls() const { return tls_.has_value(); }

    /// Says that nothing more comes from us, then reads on for `time` and forgets what it reads
    /// into `scratch`: closing at once, with bytes unread, would send a reset that can destroy the
    /// answer before the client has read it.
    [[nodiscard]] boost::asio::awaitable<void> linger(
        std::chrono::milliseconds time, boost::asio::mutable_buffer scratch
    );

    void expires_after(std::chrono::milliseconds time) { tcp_.expires_after(time); }

    void expires_at(Clock::time_point time) { tcp_.expires_at(time); }

    /// Ends whatever is waited for.
    void close() { tcp_.close(); }

    [[nodiscard]] boost::asio::ip::tcp::socket& socket() { return tcp_.socket(); }

    [[nodiscard]] auto get_executor() { return tcp_.get_executor(); }

  private:
    [[nodiscard]] boost::asio::awaitable<Moved> read_tcp(boost::asio::mutable_buffer room);
    [[nodiscard]] boost::asio::awaitable<Moved> write_tcp(boost::asio::const_buffer bytes);
    [[nodiscard]] boost::asio::awaitable<boost::system::error_code> send_records();
    [[nodiscard]] boost::asio::awaitable<boost::system::error_code> receive_records();

    boost::beast::tcp_stream tcp_;
    std::optional<TlsSession> tls_;
};

}  // namespace tally::serve
