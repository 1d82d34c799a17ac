#pragma once

#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "simulate/tls_files.hpp"

namespace tally::simulate {

/// What the connections of one server share of TLS.
class Tls {
  public:
    /// Throws CannotStart.
    explicit Tls(const TlsFiles& files);
    ~Tls();
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;

    struct Inside;

    [[nodiscard]] Inside& inside() { return *inside_; }

  private:
    std::unique_ptr<Inside> inside_;
};

/// One accepted connection, with TLS or without. One reader and one writer at a time. A coroutine
/// that waits in it must keep it alive.
class Channel {
  public:
    struct Moved {
        bool failed = false;  ///< also when the peer has ended
        std::size_t bytes = 0;
    };

    /// `tls`: null for plain HTTP; must outlive the channel.
    Channel(boost::asio::ip::tcp::socket socket, Tls* tls);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// The TLS handshake, at most 10 s. False: no connection comes of it.
    boost::asio::awaitable<bool> open();
    boost::asio::awaitable<Moved> read_some(boost::asio::mutable_buffer buffer);
    boost::asio::awaitable<Moved> write_some(boost::asio::const_buffer bytes);

    /// The orderly end: close_notify, which gets 1 s, and FIN.
    boost::asio::awaitable<void> end();
    /// RST, at once.
    void reset();
    /// Ends what reads or writes now with a failure.
    void cancel();

    /// The peer has closed or reset; only true when it has sent nothing else that waits.
    [[nodiscard]] bool peer_gone();

    [[nodiscard]] const std::string& peer_address() const { return peer_address_; }

  private:
    struct Secure;

    boost::asio::ip::tcp::socket& socket();

    std::string peer_address_;
    boost::asio::ip::tcp::socket plain_;
    std::shared_ptr<Secure> secure_;  // shared with its timer's handler
};

}  // namespace tally::simulate
