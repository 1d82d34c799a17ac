#pragma once

#include <list>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "simulate/answers.hpp"
#include "simulate/backlog.hpp"
#include "simulate/callbacks.hpp"
#include "simulate/server.hpp"

// What server.cpp, connections.cpp and event_streams.cpp share: the state of a server, all on one
// thread. Each connection is one coroutine; that of a stream sleeps on a timer that ends with the
// next heartbeat or is cut short by an event.
namespace tally::simulate {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

inline constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

[[nodiscard]] TimeMs wall_clock();

/// Throws CannotStart.
[[nodiscard]] tcp::acceptor listen_at(asio::io_context& io, const std::string& address);

struct Connection {
    explicit Connection(tcp::socket accepted)
        : socket(std::move(accepted)),
          deadline(socket.get_executor()),
          address(address_of(socket)) {}

    static std::string address_of(const tcp::socket& socket) {
        boost::system::error_code error;
        const tcp::endpoint endpoint = socket.remote_endpoint(error);
        return error ? "0.0.0.0" : endpoint.address().to_string();
    }

    tcp::socket socket;
    asio::steady_timer deadline;
    std::string address;
    std::string input;  // read, not yet used
};

struct Stream {
    Stream(Backlog events, const asio::any_io_executor& executor)
        : backlog(std::move(events)), wake(executor) {}

    Backlog backlog;
    asio::steady_timer wake;
};

struct Server::Inside {
    explicit Inside(ServeOptions asked)
        : options(std::move(asked)),
          acceptor(listen_at(io, options.listen)),
          signals(io),
          pace(io),
          feed(shape_of(options), options.events),
          callbacks(io) {
        const tcp::endpoint endpoint = acceptor.local_endpoint();
        const std::string host = endpoint.address().to_string();
        leader = (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
                 std::to_string(endpoint.port());
    }

    static Shape shape_of(const ServeOptions& options) {
        Shape shape = options.shape;
        shape.start = wall_clock();
        shape.both_plans = true;
        return shape;
    }

    asio::awaitable<void> accept_all();
    asio::awaitable<void> talk(std::shared_ptr<Connection> connection);
    asio::awaitable<void> talk_until_closed(std::shared_ptr<Connection> connection);
    asio::awaitable<bool> read_head(std::shared_ptr<Connection> connection, Request& request);
    asio::awaitable<Answer> answer(std::shared_ptr<Connection> connection, Request request);
    asio::awaitable<Answer> control(Request request);
    asio::awaitable<void> relay(std::shared_ptr<Connection> connection, Request request);
    Answer subscriptions(const Connection& connection, const Request& request);
    asio::awaitable<void> attend(std::shared_ptr<Connection> connection, Request request);
    asio::awaitable<bool> write(
        std::shared_ptr<Connection> connection, std::string bytes, std::shared_ptr<Stream> stream
    );
    asio::awaitable<bool> write_backlog(
        std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream
    );
    asio::awaitable<void> produce();
    asio::awaitable<bool> publish_some(std::uint64_t count);
    asio::awaitable<void> let_streams_run();

    void publish(const std::shared_ptr<const Broadcast>& event);
    void catch_up();

    ServeOptions options;
    asio::io_context io{1};
    tcp::acceptor acceptor;
    asio::signal_set signals;
    asio::steady_timer pace;
    Feed feed;
    Callbacks callbacks;
    std::string leader;
    std::list<std::shared_ptr<Stream>> streams;
    std::size_t connections = 0;
    std::uint64_t streams_ever = 0;
    std::uint64_t dropped = 0;
    bool paused = false;
};

}  // namespace tally::simulate
