#pragma once

#include <boost/asio/awaitable.hpp>

#include "serve/request_head.hpp"
#include "serve/session.hpp"

namespace tally::serve {

/// Writes `answer`. False: the client has gone or is too slow.
[[nodiscard]] boost::asio::awaitable<bool> write_answer(
    ServerState& server, Connection& connection, const Head& asked, Answer& answer
);

}  // namespace tally::serve
