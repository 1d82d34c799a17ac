#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "serve/connection.hpp"
#include "serve/mailbox.hpp"
#include "tally/serve/http_server.hpp"

namespace tally::serve {

/// What all connections of a server share; shared by their coroutines, which end with the
/// io_context. Thread: io, but for `numbers`.
struct ServerState {
    ServerState(boost::asio::io_context& io, std::vector<Route> table, HttpServer::Options limits)
        : options(limits),
          routes(std::move(table)),
          connections(limits.connections_max),
          mailbox(std::make_shared<Mailbox>(io)) {}

    void count(int status);
    void count_connections();

    HttpServer::Options options;
    Routes routes;
    Connections connections;
    std::shared_ptr<Mailbox> mailbox;
    std::size_t bodies_bytes = 0;  ///< of requests being read
    bool closing = false;

    std::mutex numbers_mutex;
    HttpServer::Numbers numbers;
};

/// Starts a coroutine that takes connections in and serves each by a coroutine of its own, until
/// the acceptor is closed.
void start_accepting(
    std::shared_ptr<ServerState> server, std::shared_ptr<boost::asio::ip::tcp::acceptor> acceptor
);

}  // namespace tally::serve
