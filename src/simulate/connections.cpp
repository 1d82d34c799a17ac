// One coroutine per connection: reads a request, answers it or becomes an event stream.
#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "simulate/server_inside.hpp"

namespace tally::simulate {

namespace {

constexpr std::size_t head_bytes_max = 16'384;
constexpr std::size_t body_bytes_max = 1 << 20;
constexpr std::size_t connections_max = 4096;
constexpr std::size_t relay_bytes = 65'536;
const std::shared_ptr<Stream> no_stream;

}  // namespace

asio::awaitable<void> Server::Inside::accept_all() {
    asio::steady_timer pause(io);
    while (true) {
        auto [error, socket] = co_await acceptor.async_accept(no_throw);
        if (error) {
            pause.expires_after(std::chrono::milliseconds(50)
            );  // out of descriptors: not at once again
            co_await pause.async_wait(no_throw);
            continue;
        }
        if (connections >= connections_max) {
            continue;
        }
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (options.send_buffer_bytes > 0) {
            socket.set_option(
                asio::socket_base::send_buffer_size(static_cast<int>(options.send_buffer_bytes)),
                ignored
            );
        }
        asio::co_spawn(io, talk(std::make_shared<Connection>(std::move(socket))), asio::detached);
    }
}

asio::awaitable<void> Server::Inside::talk(std::shared_ptr<Connection> connection) {
    ++connections;
    co_await talk_until_closed(connection);
    --connections;
    boost::system::error_code ignored;
    connection->socket.shutdown(tcp::socket::shutdown_both, ignored);
    connection->socket.close(ignored);
}

asio::awaitable<bool> Server::Inside::read_head(
    std::shared_ptr<Connection> connection, Request& request
) {
    auto buffer = asio::dynamic_buffer(connection->input, head_bytes_max + body_bytes_max);
    auto [error, length] =
        co_await asio::async_read_until(connection->socket, buffer, "\r\n\r\n", no_throw);
    if (error || length > head_bytes_max) {
        co_return false;
    }
    const auto parsed = parse_request(std::string_view(connection->input).substr(0, length));
    connection->input.erase(0, length);
    if (!parsed) {
        co_return false;
    }
    request = *parsed;
    const std::size_t body = request.content_length().value_or(0);
    if (body > body_bytes_max) {
        co_return false;
    }
    if (connection->input.size() < body) {
        const std::size_t missing = body - connection->input.size();
        auto [cut, read] = co_await asio::async_read(
            connection->socket, buffer, asio::transfer_exactly(missing), no_throw
        );
        if (cut) {
            co_return false;
        }
    }
    connection->input.erase(0, body);  // no call of ours has one that matters
    co_return true;
}

asio::awaitable<void> Server::Inside::talk_until_closed(std::shared_ptr<Connection> connection) {
    while (true) {
        Request request;
        const bool complete = co_await read_head(connection, request);
        if (!complete) {
            co_return;
        }
        std::optional<Answer> reply;
        if (request.path == "/v2/events") {
            reply = refuse_stream(request, options.standby_of);
            if (!reply && request.method == "GET") {
                co_await attend(connection, request);
                co_return;
            }
        }
        if (!reply && request.path == "/v2/events") {  // HEAD: the head, and no leak of a stream
            const std::string head =
                stream_head(options.shape.dialect, leader, http_date(wall_clock()));
            co_await write(connection, head, no_stream);
            co_return;
        }
        if (!reply && !options.standby_of.empty()) {
            co_await relay(connection, request);
            co_return;
        }
        if (!reply) {
            Answer made = co_await answer(connection, request);
            reply = std::move(made);
        }
        const auto keep =
            request.keeps_alive() ? Answer::Connection::keep : Answer::Connection::close;
        const auto body = request.method == "HEAD" ? Answer::Body::omit : Answer::Body::send;
        const std::string text = reply->text(leader, http_date(wall_clock()), keep, body);
        const bool sent = co_await write(connection, text, no_stream);
        if (!sent || keep == Answer::Connection::close) {
            co_return;
        }
    }
}

/// A standby hands everything but the stream to its leader, and the answer back as it is.
asio::awaitable<void> Server::Inside::relay(
    std::shared_ptr<Connection> connection, Request request
) {
    tcp::socket socket(io);
    tcp::resolver resolver(io);
    // GCC 12 destroys temporaries of a conditional within co_await twice: everything has a name
    // here.
    const HttpUrl target = parse_http_url(options.standby_of).value_or(HttpUrl{});
    auto [not_found, addresses] =
        co_await resolver.async_resolve(target.host, target.port, no_throw);
    boost::system::error_code refused = not_found;
    if (!not_found) {
        auto [error, endpoint] = co_await asio::async_connect(socket, addresses, no_throw);
        refused = error;
    }
    if (refused) {
        const Answer answer = error_answer(502, "Could not determine the current leader");
        const std::string text = answer.text(
            leader, http_date(wall_clock()), Answer::Connection::close, Answer::Body::send
        );
        co_await write(connection, text, no_stream);
        co_return;
    }
    std::string head =
        request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query);
    head += " HTTP/1.1\r\nHost: " + target.host + "\r\nConnection: close\r\n";
    for (const std::string_view accept : request.header("accept")) {
        head += "Accept: " + std::string(accept) + "\r\n";
    }
    head += "\r\n";
    auto [not_written, written] = co_await asio::async_write(socket, asio::buffer(head), no_throw);
    bool goes_on = !not_written;
    std::string piece(relay_bytes, '\0');
    while (goes_on) {
        auto [error, length] = co_await socket.async_read_some(asio::buffer(piece), no_throw);
        goes_on = !error;
        if (goes_on) {
            const std::string part = piece.substr(0, length);
            goes_on = co_await write(connection, part, no_stream);
        }
    }
}

asio::awaitable<Answer> Server::Inside::answer(
    std::shared_ptr<Connection> connection, Request request
) {
    if (request.path.starts_with("/sim/")) {
        Answer made = co_await control(std::move(request));
        co_return made;
    }
    if (request.path == "/v2/eventSubscriptions" && has_callbacks(options.shape.dialect)) {
        co_return subscriptions(*connection, request);
    }
    catch_up();
    co_return rest_answer(request, feed.life(), leader);
}

Answer Server::Inside::subscriptions(const Connection& connection, const Request& request) {
    const std::vector<std::string_view> urls = request.parameter("callbackUrl");
    if (request.method == "GET") {
        return {.body = callbacks.list(), .location = {}};
    }
    if (urls.empty() || (request.method != "POST" && request.method != "DELETE")) {
        return error_answer(urls.empty() ? 400 : 405, "callbackUrl is needed");
    }
    const std::string url(urls.front());
    const bool adds = request.method == "POST";
    if (adds && !callbacks.subscribe(url)) {
        return error_answer(422, "Object is not valid");
    }
    const auto event = feed.subscriber(
        wall_clock(), adds ? EventType::subscribe : EventType::unsubscribe, connection.address, url
    );
    publish(event);
    if (!adds) {
        callbacks.unsubscribe(url);
    }
    return {.body = event->body, .location = {}};
}

}  // namespace tally::simulate
