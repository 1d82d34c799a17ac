#include "serve/answer_writer.hpp"

#include "serve/reply.hpp"

namespace tally::serve {

namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Phase = Connection::Phase;

/// Writes a piece of an answer; `sent` counts over all its pieces. False: the client has gone or is
/// too slow.
asio::awaitable<bool> write_piece(
    ServerState& server,
    Connection& connection,
    std::string_view piece,
    Clock::time_point begin,
    std::size_t& sent
) {
    while (!piece.empty()) {
        connection.stream.expires_at(
            deadline(begin, server.options.write_grace, sent, server.options.bytes_per_second_min)
        );
        const ByteStream::Moved moved =
            co_await connection.stream.write_some({piece.data(), piece.size()});
        if (moved.error) {
            co_return false;
        }
        piece.remove_prefix(moved.count);
        sent += moved.count;
    }
    co_return true;
}

}  // namespace

asio::awaitable<bool> write_answer(
    ServerState& server, Connection& connection, const Head& asked, Answer& answer
) {
    connection.enter(Phase::writing);
    server.count(answer.response.status);
    const bool could_vary = answer.packed || answer.response.body.size() > plain_bytes_max;
    std::string head = head_of(
        answer.response,
        {.http10 = asked.http10,
         .keep_alive = asked.keep_alive,
         .packed = answer.packed,
         .varies = could_vary,
         .now = server.wall_now(),
         .headers = server.door.headers()}
    );
    std::string body = asked.method_is_head ? std::string() : std::move(answer.response.body);
    if (body.size() <= read_ahead_max) {
        head += body;  // one packet instead of two
        body.clear();
    }
    server.connections.begin_response(
        connection, head.size() + body.size(), server.options.responses_bytes_max
    );
    const Clock::time_point begin = Clock::now();
    std::size_t sent = 0;
    bool written = co_await write_piece(server, connection, head, begin, sent);
    if (written) {
        written = co_await write_piece(server, connection, body, begin, sent);
    }
    server.connections.end_response(connection);
    co_return written;
}

}  // namespace tally::serve
