// One coroutine per connection: reads a request, answers it or becomes an event stream.
#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

#include "simulate/server_inside.hpp"

namespace tally::simulate {

namespace {

constexpr std::size_t head_bytes_max = 16'384;
constexpr std::size_t body_bytes_max = 1 << 20;
constexpr std::size_t read_bytes = 16'384;
constexpr std::size_t connections_max = 4096;
constexpr std::size_t relay_bytes = 65'536;
constexpr std::chrono::milliseconds retry_wait{20};

}  // namespace

asio::awaitable<void> Server::Inside::accept_all(std::size_t index) {
    asio::steady_timer wait(io);
    Member& member = *members[index];
    while (true) {
        auto [error, socket] = co_await member.acceptor.async_accept(no_throw);
        if (error) {  // out of descriptors, or nobody is to get through
            wait.expires_after(retry_wait);
            co_await wait.async_wait(no_throw);
            if (!member.acceptor.is_open() && troubles.find(TroubleKind::refuse) == nullptr) {
                Result<tcp::acceptor> again = listen_at(io, member.address);
                if (again) {
                    member.acceptor = std::move(*again);
                }
            }
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
        auto connection = std::make_shared<Connection>(std::move(socket), tls.get(), index);
        asio::co_spawn(io, talk(std::move(connection)), asio::detached);
    }
}

asio::awaitable<void> Server::Inside::talk(std::shared_ptr<Connection> connection) {
    ++connections;
    const bool opened = co_await connection->channel.open();
    if (opened) {
        co_await talk_until_closed(connection);
    }
    --connections;
    co_await connection->channel.end();
}

/// False when the peer has ended.
asio::awaitable<bool> Server::Inside::read_more(std::shared_ptr<Connection> connection) {
    std::string& input = connection->input;
    const std::size_t before = input.size();
    input.resize(before + read_bytes);
    const auto free_part = asio::buffer(input.data() + before, read_bytes);
    const Channel::Moved moved = co_await connection->channel.read_some(free_part);
    input.resize(before + moved.bytes);
    co_return !moved.failed;
}

asio::awaitable<bool> Server::Inside::read_head(
    std::shared_ptr<Connection> connection, Request& request
) {
    std::string& input = connection->input;
    std::size_t end = 0;
    while ((end = input.find("\r\n\r\n")) == std::string::npos) {
        if (input.size() > head_bytes_max) {
            co_return false;
        }
        const bool more = co_await read_more(connection);
        if (!more) {
            co_return false;
        }
    }
    const std::size_t length = end + 4;
    auto parsed = length > head_bytes_max
                      ? std::nullopt
                      : parse_request(std::string_view(input).substr(0, length));
    const std::size_t body = parsed ? parsed->content_length().value_or(0) : 0;
    if (!parsed || body > body_bytes_max) {
        co_return false;
    }
    input.erase(0, length);
    request = std::move(*parsed);
    while (input.size() < body) {
        const bool more = co_await read_more(connection);
        if (!more) {
            co_return false;
        }
    }
    request.body = input.substr(0, body);
    input.erase(0, body);
    co_return true;
}

asio::awaitable<void> Server::Inside::talk_until_closed(std::shared_ptr<Connection> connection) {
    while (true) {
        Request request;
        const bool complete = co_await read_head(connection, request);
        if (!complete) {
            co_return;
        }
        std::optional<Answer> answer = refuse(request);
        if (!answer && request.path == "/v2/events") {
            if (troubles.use(TroubleKind::never_answers)) {
                co_await wait_for_end(connection);
                co_return;
            }
            answer = refuse_attach(*connection, request);
            if (!answer) {
                co_await attend(connection, request);
                co_return;
            }
        }
        const bool own = request.path.starts_with("/sim/fault") || request.path == "/sim/token";
        if (!answer && !options.standby_of.empty() && !own) {
            co_await relay(connection, request);
            co_return;
        }
        if (!answer) {
            Answer made = co_await respond(connection, request);
            answer = std::move(made);
        }
        const bool goes_on = co_await reply(connection, request, std::move(*answer));
        if (!goes_on) {
            co_return;
        }
    }
}

asio::awaitable<void> Server::Inside::wait_for_end(std::shared_ptr<Connection> connection) {
    bool more = true;
    while (more) {
        connection->input.clear();
        more = co_await read_more(connection);
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
        const std::string text =
            answer.head(url_of(leading), http_date(wall_clock()), Answer::Connection::close) +
            answer.body;
        co_await write(connection, text, no_stream);
        co_return;
    }
    std::string head =
        request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query);
    head += " HTTP/1.1\r\nHost: " + target.host + "\r\nConnection: close\r\n";
    for (const char* name : {"accept", "authorization", "content-type"}) {
        for (const std::string_view value : request.header(name)) {
            head += std::string(name) + ": " + std::string(value) + "\r\n";
        }
    }
    if (!request.body.empty()) {
        head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    }
    head += "\r\n" + request.body;
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

}  // namespace tally::simulate
