#include "serve/byte_stream.hpp"
#include "serve/no_throw.hpp"

#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tally::serve {

namespace asio = boost::asio;
using boost::system::error_code;
using Step = TlsSession::Step;

namespace {

error_code error_of(Step step) {
    switch (step) {
        case Step::closed:
            return asio::error::eof;
        case Step::failed:
            return asio::error::connection_aborted;
        default:
            return {};
    }
}

}  // namespace

asio::awaitable<ByteStream::Moved> ByteStream::read_tcp(asio::mutable_buffer room) {
    const auto [error, count] = co_await tcp_.async_read_some(room, no_throw);
    co_return Moved{error, count};
}

asio::awaitable<ByteStream::Moved> ByteStream::write_tcp(asio::const_buffer bytes) {
    const auto [error, count] = co_await tcp_.async_write_some(bytes, no_throw);
    co_return Moved{error, count};
}

/// Sends what TLS has to say: records, handshakes, alerts.
asio::awaitable<error_code> ByteStream::send_records() {
    const std::string records = tls_->take_output();
    std::size_t sent = 0;
    while (sent < records.size()) {
        const asio::const_buffer rest(records.data() + sent, records.size() - sent);
        const Moved moved = co_await write_tcp(rest);
        if (moved.error) {
            co_return moved.error;
        }
        sent += moved.count;
    }
    co_return error_code();
}

/// Reads once from the socket.
asio::awaitable<error_code> ByteStream::receive_records() {
    std::array<unsigned char, std::size_t{8} << 10> room;
    const Moved moved = co_await read_tcp({room.data(), room.size()});
    tls_->received({room.data(), moved.count});
    co_return moved.error;
}

asio::awaitable<ByteStream::Moved> ByteStream::read_some(asio::mutable_buffer room) {
    if (!tls_) {
        co_return co_await read_tcp(room);
    }
    for (;;) {
        const TlsSession::Moved moved = tls_->read(room);
        error_code error = co_await send_records();
        if (moved.step != Step::wants_input || error) {
            co_return Moved{error ? error : error_of(moved.step), moved.count};
        }
        error = co_await receive_records();
        if (error) {
            co_return Moved{error, 0};
        }
    }
}

asio::awaitable<ByteStream::Moved> ByteStream::write_some(asio::const_buffer bytes) {
    if (!tls_) {
        co_return co_await write_tcp(bytes);
    }
    const TlsSession::Moved moved = tls_->write(bytes);
    const error_code error = co_await send_records();
    const bool good = moved.step == Step::done;
    const error_code failed = error_of(Step::failed);
    co_return Moved{error || good ? error : failed, moved.count};
}

asio::awaitable<error_code> ByteStream::start_tls(
    std::shared_ptr<TlsContext> context, asio::const_buffer first
) {
    tls_.emplace(std::move(context));
    tls_->received(first);
    for (;;) {
        const Step step = tls_->shake_hands();
        error_code error = co_await send_records();
        if (step != Step::wants_input || error) {
            co_return error ? error : error_of(step);
        }
        error = co_await receive_records();
        if (error) {
            co_return error;
        }
    }
}

asio::awaitable<void> ByteStream::linger(
    std::chrono::milliseconds time, asio::mutable_buffer scratch
) {
    tcp_.expires_after(time);
    if (tls_) {
        tls_->close();
        const error_code gone = co_await send_records();
        if (gone) {
            co_return;
        }
    }
    error_code ignored;
    tcp_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    for (;;) {
        const Moved moved = co_await read_tcp(scratch);
        if (moved.error || moved.count == 0) {
            co_return;
        }
    }
}

}  // namespace tally::serve
