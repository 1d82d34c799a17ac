#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "serve/connection.hpp"
#include "serve/front_door.hpp"
#include "serve/mailbox.hpp"
#include "serve/password_checker.hpp"
#include "tally/serve/http_server.hpp"

namespace tally::serve {

/// One read of a request asks for so much at most, and an answer of so much is sent in one piece.
inline constexpr std::size_t read_ahead_max = std::size_t{64} << 10;
/// The first read of a request or a connection: most are smaller.
inline constexpr std::size_t first_read_max = 4096;

/// What all connections of a server share; shared by their coroutines, which end with the
/// io_context. Thread: io, but for `numbers`.
struct ServerState {
    ServerState(boost::asio::io_context& io, std::vector<Route> table, HttpServer::Options limits)
        : options(std::move(limits)),
          routes(std::move(table)),
          connections(options.connections_max),
          mailbox(std::make_shared<Mailbox>(io)),
          passwords(options.password_checks_max) {}

    void count(int status);
    void count_connections();
    void count_failed_handshake();
    void count_door();
    [[nodiscard]] TimeMs wall_now() const;

    HttpServer::Options options;
    Routes routes;
    Connections connections;
    std::shared_ptr<Mailbox> mailbox;
    std::size_t bodies_bytes = 0;  ///< of requests being read
    bool closing = false;
    FrontDoor door;
    PasswordChecker passwords;
    std::uint64_t door_failures = 0;  ///< of `door`, as last put into `numbers`
    bool door_in_force = true;

    std::mutex numbers_mutex;
    HttpServer::Numbers numbers;
};

/// When `bytes` must have passed since `begin`: after `grace`, at the least rate allowed.
[[nodiscard]] std::chrono::steady_clock::time_point deadline(
    std::chrono::steady_clock::time_point begin,
    std::chrono::milliseconds grace,
    std::size_t bytes,
    std::size_t per_second
);

/// Reads on for a moment after a refusal, that the client can read it: see ByteStream::linger().
[[nodiscard]] boost::asio::awaitable<void> linger(ServerState& server, Connection& connection);

/// Starts a coroutine that takes connections in and serves each by a coroutine of its own, until
/// the acceptor is closed.
void start_accepting(
    std::shared_ptr<ServerState> server, std::shared_ptr<boost::asio::ip::tcp::acceptor> acceptor
);

}  // namespace tally::serve
