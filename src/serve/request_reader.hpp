#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "serve/request_head.hpp"
#include "serve/session.hpp"

namespace tally::serve {

/// One request and what is to become of it.
struct Exchange {
    Head head;
    HeadParser parser;           ///< of the header; the body's begins with it
    std::size_t body_bytes = 0;  ///< as counted in ServerState::bodies_bytes
};

/// Waits for the next request to begin. False: the client has gone, or has had its time.
[[nodiscard]] boost::asio::awaitable<bool> first_byte(ServerState& server, Connection& connection);

/// Reads the header and judges it. False: there is nobody to answer.
[[nodiscard]] boost::asio::awaitable<bool> read_head(
    ServerState& server, Connection& connection, Exchange& exchange
);

/// Reads the body, unless the head was refused. False: there is nobody to answer.
[[nodiscard]] boost::asio::awaitable<bool> read_body(
    ServerState& server, Connection& connection, Exchange& exchange
);

}  // namespace tally::serve
