#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "serve/request_head.hpp"
#include "serve/session.hpp"

namespace tally::serve {

/// Begins TLS where the front door wants it. False: the connection is done with.
[[nodiscard]] boost::asio::awaitable<bool> greet(ServerState& server, Connection& connection);

/// Makes `head` a refusal, unless who asks may come in: the right kind of connection, the rate
/// limit, user and password.
[[nodiscard]] boost::asio::awaitable<void> admit(
    std::shared_ptr<ServerState> server, std::shared_ptr<Connection> connection, Head& head
);

}  // namespace tally::serve
