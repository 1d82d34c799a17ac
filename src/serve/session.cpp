#include "serve/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "serve/admission.hpp"
#include "serve/answer_writer.hpp"
#include "serve/request_reader.hpp"
#include "serve/no_throw.hpp"

// The way of a connection (each arrow a coroutine or a function):
//
//   greet (TLS) --> idle --first byte--> reading: read_head -> admit -> gate -> read_body
//                    ^                      \ refused: 4xx, at once             |
//                    |                       \                                  v
//                    +----keep-alive---- writing <------its Answer------ busy: handler
//
// Every wait on the socket has an end (beast::tcp_stream closes it then), the one for the handler
// has none: a Responder always answers.

namespace tally::serve {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Phase = Connection::Phase;


void ask_gate(Head& head) {
    if (head.refusal || !head.route->gate) {
        return;
    }
    if (auto refusal = head.route->gate(head.request)) {
        head.turn_away(*std::move(refusal));
    }
}

/// Hands the request to its handler and waits for the answer.
asio::awaitable<void> ask_handler(
    std::shared_ptr<ServerState> server, std::shared_ptr<Connection> connection, Exchange& exchange
) {
    connection->enter(Phase::busy);
    connection->answer.reset();
    const std::uint64_t number = connection->request_number;
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

/// One request from its first byte to the end of its answer. False: the connection is done with.
asio::awaitable<bool> exchange_one(
    std::shared_ptr<ServerState> server, std::shared_ptr<Connection> connection
) {
    const bool begun = co_await first_byte(*server, *connection);
    if (!begun) {
        co_return false;
    }
    Exchange exchange;
    bool alive = co_await read_head(*server, *connection, exchange);
    if (alive) {
        co_await admit(server, connection, exchange.head);
        ask_gate(exchange.head);
        alive = co_await read_body(*server, *connection, exchange);
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
    bool more = co_await greet(*server, *connection);
    while (more) {
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

asio::awaitable<void> linger(ServerState& server, Connection& connection) {
    connection.buffer.clear();
    const auto scratch = connection.buffer.prepare(first_read_max);
    co_await connection.stream.linger(server.options.linger_timeout, scratch);
}

Clock::time_point deadline(
    Clock::time_point begin,
    std::chrono::milliseconds grace,
    std::size_t bytes,
    std::size_t per_second
) {
    return begin + grace +
           std::chrono::milliseconds(bytes * 1000 / std::max<std::size_t>(per_second, 1));
}

TimeMs ServerState::wall_now() const {
    if (options.wall_clock) {
        return options.wall_clock();
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void ServerState::count_door() {
    if (door.failures() == door_failures && door.failure().empty() == door_in_force) {
        return;
    }
    door_failures = door.failures();
    door_in_force = door.failure().empty();
    const std::lock_guard lock(numbers_mutex);
    numbers.web_config_failures = door.failures();
    numbers.web_config_failure = door.failure();
}

void ServerState::count_failed_handshake() {
    const std::lock_guard lock(numbers_mutex);
    ++numbers.handshakes_failed;
}

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
