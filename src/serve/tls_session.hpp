#pragma once

#include <memory>
#include <string>

#include <boost/asio/buffer.hpp>

#include "serve/tls_server.hpp"

namespace tally::serve {

/// The server's side of one TLS connection, without its socket: records in, bytes out, and the
/// other way. Whoever holds it sends what take_output() gives, after each call of any other.
class TlsSession {
  public:
    enum class Step : std::uint8_t {
        done,
        wants_input,  ///< call received() and try again
        closed,       ///< the client has said that nothing more comes
        failed,       ///< of no use any more; an alert may wait to be sent
    };

    struct Moved {
        Step step{};
        std::size_t count = 0;
    };

    explicit TlsSession(std::shared_ptr<TlsContext> context);

    void received(boost::asio::const_buffer records);
    [[nodiscard]] std::string take_output();

    [[nodiscard]] Step shake_hands();
    /// As many bytes as have come, up to the size of `room`.
    [[nodiscard]] Moved read(boost::asio::mutable_buffer room);
    /// One record's worth of `bytes`, 16 KiB at most.
    [[nodiscard]] Moved write(boost::asio::const_buffer bytes);
    /// Says that nothing more comes from us.
    void close();

  private:
    [[nodiscard]] Step step_of(int result) const;

    std::shared_ptr<TlsContext> context_;  // shared by the connections of its time
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace tally::serve
