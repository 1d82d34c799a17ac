#include "serve/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "serve/reply.hpp"
#include "serve/request_head.hpp"

// The way of a connection (each arrow a coroutine or a function here):
//
//   idle --first byte--> reading: header -> judge_head -> body --> busy: handler -> its Answer -->
//   writing --+
//    ^                       \ refused: 4xx, at once --------------------------------------------->
//    writing  |
//    +------------------------------- keep-alive
//    ------------------------------------------------------------+
//
// Every wait on the socket has an end (beast::tcp_stream closes it then), the one for the handler
// has none: a Responder always answers.

namespace tally::serve {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Phase = Connection::Phase;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_ahead_max = std::size_t{64} << 10;
constexpr std::size_t idle_buffer_max = std::size_t{16} << 10;

/// One request and what is to become of it.
struct Exchange {
    Head head;
    std::size_t body_bytes = 0;  ///< as counted in ServerState::bodies_bytes
};

/// When `bytes` must have passed since `begin`: after `grace`, at the least rate allowed.
Clock::time_point deadline(
    Clock::time_point begin,
    std::chrono::milliseconds grace,
    std::size_t bytes,
    std::size_t per_second
) {
    return begin + grace +
           std::chrono::milliseconds(bytes * 1000 / std::max<std::size_t>(per_second, 1));
}

/// Waits for the next request to begin. False: the client has gone, or has had its time.
asio::awaitable<bool> first_byte(ServerState& server, Connection& connection) {
    connection.enter(Phase::idle);
    if (connection.buffer.size() > 0) {
        co_return true;
    }
    if (connection.buffer.capacity() > idle_buffer_max) {
        connection.buffer.shrink_to_fit();
    }
    connection.stream.expires_after(server.options.idle_timeout);
    constexpr std::size_t first_read = 4096;
    const auto room = connection.buffer.prepare(first_read);
    const auto [error, count] = co_await connection.stream.async_read_some(room, no_throw);
    connection.buffer.commit(count);
    co_return !error;
}

/// Reads the header and judges it. False: there is nobody to answer.
asio::awaitable<bool> read_head(
    ServerState& server,
    Connection& connection,
    http::request_parser<http::empty_body>& parser,
    Exchange& exchange
) {
    connection.enter(Phase::reading);
    parser.header_limit(static_cast<std::uint32_t>(server.options.header_bytes_max));
    parser.body_limit(boost::none);
    connection.stream.expires_after(server.options.header_timeout);
    const auto [error, count] =
        co_await http::async_read_header(connection.stream, connection.buffer, parser, no_throw);
    if (error && (error.category() != make_error_code(http::error::bad_value).category() ||
                  error == http::error::end_of_stream || error == http::error::partial_message)) {
        co_return false;
    }
    exchange.head = error ? refuse_head(parser, error, server.options)
                          : judge_head(parser, count, server.routes, server.options);
    exchange.head.request.peer = connection.peer;
    co_return true;
}

/// Counts the bytes of a body against those of all; false: they are too many in all.
bool take_room(ServerState& server, Exchange& exchange, std::size_t bytes) {
    if (bytes <= exchange.body_bytes) {
        return true;
    }
    if (server.bodies_bytes + bytes - exchange.body_bytes > server.options.bodies_bytes_max) {
        exchange.head.refuse(error_response(503, "too many request bodies at one time"));
        return false;
    }
    server.bodies_bytes += bytes - exchange.body_bytes;
    exchange.body_bytes = bytes;
    return true;
}

/// Reads the body, unless the head was refused. False: there is nobody to answer.
asio::awaitable<bool> read_body(
    ServerState& server,
    Connection& connection,
    http::request_parser<http::empty_body>& head_parser,
    Exchange& exchange
) {
    Head& head = exchange.head;
    if (head.refusal || head_parser.is_done()) {
        co_return true;
    }
    if (!take_room(server, exchange, head_parser.content_length().value_or(0))) {
        co_return true;
    }
    const Clock::time_point begin = Clock::now();
    connection.stream.expires_after(server.options.body_grace);
    if (head.expects_continue) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        const asio::const_buffer line(go_on.data(), go_on.size());
        const auto [error, count] = co_await connection.stream.async_write_some(line, no_throw);
        if (error || count != go_on.size()) {
            co_return false;
        }
    }
    http::request_parser<http::string_body> parser(std::move(head_parser));
    parser.body_limit(head.route->body_bytes_max);
    std::size_t read = 0;  // of the framing too: it is the client's pace that counts
    while (!parser.is_done()) {
        connection.stream.expires_at(
            deadline(begin, server.options.body_grace, read, server.options.bytes_per_second_min)
        );
        const auto [error, count] =
            co_await http::async_read_some(connection.stream, connection.buffer, parser, no_throw);
        read += count;
        if (error == http::error::body_limit) {
            head.refuse(error_response(413, "the body is too large"));
            co_return true;
        }
        if (error == http::error::partial_message || error == http::error::end_of_stream) {
            co_return false;
        }
        if (error) {
            const bool malformed =
                error.category() == make_error_code(http::error::bad_value).category();
            head.refuse(error_response(400, error.message()));
            co_return malformed;
        }
        if (!take_room(server, exchange, parser.get().body().size())) {
            co_return true;
        }
    }
    head.request.body = std::move(parser.get().body());
    co_return true;
}

/// Hands the request to its handler and waits for the answer.
asio::awaitable<void> ask_handler(
    std::shared_ptr<ServerState> server, std::shared_ptr<Connection> connection, Exchange& exchange
) {
    connection->enter(Phase::busy);
    connection->answer.reset();
    const std::uint64_t number = ++connection->request_number;
    const auto packing = exchange.head.gzip ? Mailbox::Packing::gzip : Mailbox::Packing::plain;
    std::function<void(Response)> send =
        [mailbox = server->mailbox, to = std::weak_ptr(connection), number, packing](
            Response response
        ) { mailbox->deliver(to, number, std::move(response), packing); };
    exchange.head.request.gone = connection->gone;
    exchange.head.route->handler(std::move(exchange.head.request), Responder(std::move(send)));
    while (!connection->answer && connection->stream.socket().is_open()) {
        connection->answered.expires_after(server->options.client_look_interval);
        co_await connection->answered.async_wait(no_throw);
        connection->look_for_client();
    }
}

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
        const asio::const_buffer rest(piece.data(), piece.size());
        const auto [error, count] = co_await connection.stream.async_write_some(rest, no_throw);
        if (error) {
            co_return false;
        }
        piece.remove_prefix(count);
        sent += count;
    }
    co_return true;
}

/// Writes `answer`. False: the client has gone or is too slow.
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
         .varies = could_vary}
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

/// Reads on for a moment after a refusal: closing at once, with bytes unread, would send a reset
/// that can destroy the answer before the client has read it.
asio::awaitable<void> linger(ServerState& server, Connection& connection) {
    error_code ignored;
    connection.stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    connection.buffer.clear();
    connection.stream.expires_after(server.options.linger_timeout);
    for (;;) {
        const auto room = connection.buffer.prepare(read_ahead_max);
        const auto [error, count] = co_await connection.stream.async_read_some(room, no_throw);
        if (error || count == 0) {
            co_return;
        }
    }
}

/// One request from its first byte to the end of its answer. False: the connection is done with.
asio::awaitable<bool> exchange_one(
    std::shared_ptr<ServerState> server, std::shared_ptr<Connection> connection
) {
    const bool begun = co_await first_byte(*server, *connection);
    if (!begun) {
        co_return false;
    }
    Exchange exchange;
    http::request_parser<http::empty_body> parser;
    bool alive = co_await read_head(*server, *connection, parser, exchange);
    if (alive) {
        alive = co_await read_body(*server, *connection, parser, exchange);
    }
    server->bodies_bytes -= exchange.body_bytes;
    if (!alive) {
        co_return false;
    }
    Head& head = exchange.head;
    if (head.refusal) {
        connection->answer = Answer{.response = *std::move(head.refusal)};
    } else {
        co_await ask_handler(server, connection, exchange);
    }
    if (!connection->answer) {
        co_return false;
    }
    head.keep_alive = head.keep_alive && !server->closing &&
                      connection->request_number < server->options.requests_max;
    const bool written = co_await write_answer(*server, *connection, head, *connection->answer);
    connection->answer.reset();
    if (written && !head.keep_alive) {
        co_await linger(*server, *connection);
    }
    co_return written&& head.keep_alive;
}

asio::awaitable<void> serve_connection(
    std::shared_ptr<ServerState> server, std::shared_ptr<Connection> connection
) {
    for (bool more = true; more;) {
        more = co_await exchange_one(server, connection);
    }
    server->connections.remove(*connection);
    server->count_connections();
    connection->stream.close();
}

void take_in(std::shared_ptr<ServerState> server, asio::ip::tcp::socket socket) {
    error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    const std::size_t buffer_max = 2 * server->options.header_bytes_max + read_ahead_max;
    const auto connection =
        std::make_shared<Connection>(boost::beast::tcp_stream(std::move(socket)), buffer_max);
    const bool place = server->connections.add(*connection);
    server->count_connections();
    if (place) {
        asio::co_spawn(
            connection->stream.get_executor(), serve_connection(server, connection), asio::detached
        );
    }
}

asio::awaitable<void> accept_all(
    std::shared_ptr<ServerState> server, std::shared_ptr<asio::ip::tcp::acceptor> acceptor
) {
    asio::steady_timer pause(acceptor->get_executor());
    while (acceptor->is_open()) {
        auto [error, socket] = co_await acceptor->async_accept(no_throw);
        if (!error) {
            take_in(server, std::move(socket));
            continue;
        }
        if (error == asio::error::operation_aborted) {
            co_return;
        }
        // Mostly: no descriptors left. Make one free, and do not spin.
        server->connections.evict_oldest(Phase::idle);
        pause.expires_after(std::chrono::milliseconds(50));
        co_await pause.async_wait(no_throw);
    }
}

}  // namespace

void ServerState::count(int status) {
    const std::lock_guard lock(numbers_mutex);
    ++numbers.responses[status];
}

void ServerState::count_connections() {
    const std::lock_guard lock(numbers_mutex);
    numbers.connections = connections.size();
    numbers.connections_evicted = connections.evicted();
}

void start_accepting(
    std::shared_ptr<ServerState> server, std::shared_ptr<asio::ip::tcp::acceptor> acceptor
) {
    const auto executor = acceptor->get_executor();
    asio::co_spawn(executor, accept_all(std::move(server), std::move(acceptor)), asio::detached);
}

}  // namespace tally::serve
