#include "serve/request_reader.hpp"

#include <boost/beast/core/read_size.hpp>

#include "serve/request_body.hpp"
#include "tally/serve/pages.hpp"

namespace tally::serve {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Phase = Connection::Phase;
using Parser = http::basic_parser<true>;
using Moved = ByteStream::Moved;

constexpr std::size_t idle_buffer_max = std::size_t{16} << 10;

/// Whether the client has sent something that is no HTTP; else it has gone.
bool is_malformed(error_code error) {
    return error.category() == make_error_code(http::error::bad_value).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message;
}

/// Reads once into the buffer.
asio::awaitable<error_code> read_more(Connection& connection) {
    const std::size_t size = boost::beast::read_size(connection.buffer, read_ahead_max);
    if (size == 0) {
        co_return make_error_code(http::error::buffer_overflow);
    }
    const auto room = connection.buffer.prepare(size);
    const Moved moved = co_await connection.stream.read_some(room);
    connection.buffer.commit(moved.count);
    co_return moved.error;
}

/// Takes the parser one step on, with what is in the buffer or comes. How many bytes it took, and
/// its error or the socket's: end_of_stream before anything came, partial_message within it.
asio::awaitable<Moved> parse_some(Connection& connection, Parser& parser) {
    std::size_t taken = 0;
    for (;;) {
        error_code error = http::error::need_more;
        if (connection.buffer.size() > 0) {
            const std::size_t count = parser.put(connection.buffer.data(), error);
            connection.buffer.consume(count);
            taken += count;
        }
        if (error != http::error::need_more) {
            co_return Moved{error, taken};
        }
        error = co_await read_more(connection);
        if (error == asio::error::eof && parser.got_some()) {
            parser.put_eof(error);
            co_return Moved{error, taken};
        }
        if (error) {
            const error_code end = http::error::end_of_stream;
            co_return Moved{error == asio::error::eof ? end : error, taken};
        }
    }
}

/// Counts the bytes of a body that have come against those of all; false: they are too many.
bool take_room(ServerState& server, Exchange& exchange, std::size_t bytes) {
    if (bytes <= exchange.body_bytes) {
        return true;
    }
    if (server.bodies_bytes + bytes - exchange.body_bytes > server.options.bodies_bytes_max) {
        exchange.head.refuse(unavailable_response("too many request bodies at one time", 1));
        return false;
    }
    server.bodies_bytes += bytes - exchange.body_bytes;
    exchange.body_bytes = bytes;
    return true;
}

/// Tells a client that waits for it to send its body. False: it has gone.
asio::awaitable<bool> say_continue(Connection& connection) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const Moved moved = co_await connection.stream.write_some({go_on.data(), go_on.size()});
    co_return !moved.error && moved.count == go_on.size();
}

}  // namespace

asio::awaitable<bool> first_byte(ServerState& server, Connection& connection) {
    connection.enter(Phase::idle);
    if (connection.buffer.size() > 0) {
        co_return true;
    }
    if (connection.buffer.capacity() > idle_buffer_max) {
        connection.buffer.shrink_to_fit();
    }
    connection.stream.expires_after(server.options.idle_timeout);
    const auto room = connection.buffer.prepare(first_read_max);
    const Moved moved = co_await connection.stream.read_some(room);
    connection.buffer.commit(moved.count);
    co_return !moved.error;
}

asio::awaitable<bool> read_head(ServerState& server, Connection& connection, Exchange& exchange) {
    connection.enter(Phase::reading);
    ++connection.request_number;
    HeadParser& parser = exchange.parser;
    parser.header_limit(static_cast<std::uint32_t>(server.options.header_bytes_max));
    parser.body_limit(boost::none);
    connection.stream.expires_after(server.options.header_timeout);
    std::size_t bytes = 0;
    error_code error;
    while (!error && !parser.is_header_done()) {
        const Moved moved = co_await parse_some(connection, parser);
        bytes += moved.count;
        error = moved.error;
    }
    if (error && !is_malformed(error)) {
        co_return false;
    }
    exchange.head = error ? refuse_head(parser, error, server.options)
                          : judge_head(parser, bytes, server.routes, server.options);
    exchange.head.request.peer = connection.peer;
    co_return true;
}

asio::awaitable<bool> read_body(ServerState& server, Connection& connection, Exchange& exchange) {
    Head& head = exchange.head;
    if (head.refusal || exchange.parser.is_done()) {
        co_return true;
    }
    const Clock::time_point begin = Clock::now();
    connection.stream.expires_after(server.options.body_grace);
    if (head.expects_continue) {
        const bool alive = co_await say_continue(connection);
        if (!alive) {
            co_return false;
        }
    }
    http::request_parser<RequestBody> parser(std::move(exchange.parser));
    parser.body_limit(head.route->body_bytes_max);
    std::size_t read = 0;  // of the framing too: it is the client's pace that counts
    while (!parser.is_done()) {
        const Clock::time_point paced =
            deadline(begin, server.options.body_grace, read, server.options.bytes_per_second_min);
        // A quick beginning earns no right to hold the rest back.
        connection.stream.expires_at(std::min(paced, Clock::now() + server.options.body_grace));
        const Moved moved = co_await parse_some(connection, parser);
        read += moved.count;
        if (moved.error == http::error::body_limit) {
            head.refuse(error_response(413, "the body is too large"));
            co_return true;
        }
        if (moved.error) {
            head.refuse(error_response(400, moved.error.message()));
            co_return is_malformed(moved.error);
        }
        if (!take_room(server, exchange, parser.get().body().size())) {
            co_return true;
        }
    }
    head.request.body = std::move(parser.get().body());
    co_return true;
}

}  // namespace tally::serve
