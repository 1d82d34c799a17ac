#include "serve/byte_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tally::serve {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

}  // namespace

asio::awaitable<ByteStream::Moved> ByteStream::read_some(asio::mutable_buffer room) {
    if (tls_) {
        const auto [error, count] = co_await tls_->async_read_some(room, no_throw);
        co_return Moved{error, count};
    }
    const auto [error, count] = co_await tcp_.async_read_some(room, no_throw);
    co_return Moved{error, count};
}

asio::awaitable<ByteStream::Moved> ByteStream::write_some(asio::const_buffer bytes) {
    if (tls_) {
        const auto [error, count] = co_await tls_->async_write_some(bytes, no_throw);
        co_return Moved{error, count};
    }
    const auto [error, count] = co_await tcp_.async_write_some(bytes, no_throw);
    co_return Moved{error, count};
}

asio::awaitable<error_code> ByteStream::start_tls(
    std::shared_ptr<asio::ssl::context> context, asio::const_buffer first
) {
    context_ = std::move(context);
    tls_.emplace(tcp_, *context_);
    const auto [error, count] =
        co_await tls_->async_handshake(asio::ssl::stream_base::server, first, no_throw);
    co_return error;
}

asio::awaitable<void> ByteStream::linger(
    std::chrono::milliseconds time, asio::mutable_buffer scratch
) {
    tcp_.expires_after(time);
    if (tls_) {
        const auto [ignored] = co_await tls_->async_shutdown(no_throw);
        static_cast<void>(ignored);  // a client that goes on sending is met below
    }
    error_code ignored;
    tcp_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    for (;;) {
        const auto [error, count] = co_await tcp_.async_read_some(scratch, no_throw);
        if (error || count == 0) {
            co_return;
        }
    }
}

}  // namespace tally::serve
