// The only file that knows ssl::stream, whose templates take long to compile.
#include "simulate/channel.hpp"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tally/base/result.hpp"
#include "simulate/no_throw.hpp"

namespace tally::simulate {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds handshake_max{10};
constexpr std::chrono::seconds goodbye_max{1};

std::string address_of(const tcp::socket& socket) {
    boost::system::error_code error;
    const tcp::endpoint endpoint = socket.remote_endpoint(error);
    return error ? "0.0.0.0" : endpoint.address().to_string();
}

void check(const boost::system::error_code& error, const std::string& file) {
    if (error) {
        throw CannotStart{"cannot use " + file + " for TLS: " + error.message()};
    }
}

}  // namespace

struct Tls::Inside {
    asio::ssl::context context{asio::ssl::context::tls_server};
};

Tls::Tls(const TlsFiles& files) : inside_(std::make_unique<Inside>()) {
    asio::ssl::context& context = inside_->context;
    boost::system::error_code error;
    context.use_certificate_chain_file(files.certificate, error);
    check(error, files.certificate);
    context.use_private_key_file(files.key, asio::ssl::context::pem, error);
    check(error, files.key);
    if (!files.client_ca.empty()) {
        context.load_verify_file(files.client_ca, error);
        check(error, files.client_ca);
        context.set_verify_mode(
            asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert, error
        );
        check(error, files.client_ca);
    }
}

Tls::~Tls() = default;

struct Channel::Secure : std::enable_shared_from_this<Channel::Secure> {
    Secure(tcp::socket socket, asio::ssl::context& context)
        : stream(std::move(socket), context), deadline(stream.get_executor()) {}

    /// For what has no deadline of its own.
    void limit(std::chrono::seconds wait) {
        deadline.expires_after(wait);
        deadline.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) {
                boost::system::error_code ignored;
                self->stream.lowest_layer().cancel(ignored);
            }
        });
    }

    asio::ssl::stream<tcp::socket> stream;
    asio::steady_timer deadline;
};

Channel::Channel(tcp::socket accepted, Tls* tls)
    : peer_address_(address_of(accepted)), plain_(std::move(accepted)) {
    if (tls != nullptr) {
        secure_ = std::make_shared<Secure>(std::move(plain_), tls->inside().context);
    }
}

Channel::~Channel() = default;

tcp::socket& Channel::socket() {
    return secure_ ? secure_->stream.next_layer() : plain_;
}

asio::awaitable<bool> Channel::open() {
    if (!secure_) {
        co_return true;
    }
    secure_->limit(handshake_max);
    auto [error] =
        co_await secure_->stream.async_handshake(asio::ssl::stream_base::server, no_throw);
    secure_->deadline.cancel();
    co_return !error;
}

asio::awaitable<Channel::Moved> Channel::read_some(asio::mutable_buffer buffer) {
    if (secure_) {
        auto [error, bytes] = co_await secure_->stream.async_read_some(buffer, no_throw);
        co_return Moved{.failed = error.failed(), .bytes = bytes};
    }
    auto [error, bytes] = co_await plain_.async_read_some(buffer, no_throw);
    co_return Moved{.failed = error.failed(), .bytes = bytes};
}

asio::awaitable<Channel::Moved> Channel::write_some(asio::const_buffer piece) {
    if (secure_) {
        auto [error, bytes] = co_await secure_->stream.async_write_some(piece, no_throw);
        co_return Moved{.failed = error.failed(), .bytes = bytes};
    }
    auto [error, bytes] = co_await plain_.async_write_some(piece, no_throw);
    co_return Moved{.failed = error.failed(), .bytes = bytes};
}

asio::awaitable<void> Channel::end() {
    boost::system::error_code ignored;
    if (secure_ && socket().is_open()) {
        secure_->limit(goodbye_max);
        co_await secure_->stream.async_shutdown(no_throw);
        secure_->deadline.cancel();
    }
    socket().shutdown(tcp::socket::shutdown_both, ignored);
    socket().close(ignored);
}

void Channel::reset() {
    boost::system::error_code ignored;
    socket().set_option(asio::socket_base::linger(true, 0), ignored);
    socket().close(ignored);
}

void Channel::cancel() {
    boost::system::error_code ignored;
    socket().cancel(ignored);
}

bool Channel::peer_gone() {
    if (!socket().is_open()) {
        return true;
    }
    char byte = 0;
    const ssize_t got = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

}  // namespace tally::simulate
