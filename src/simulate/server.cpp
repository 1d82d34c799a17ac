// The only file of this room, beside callbacks.cpp, that knows sockets. Each connection is one
// coroutine; a stream's coroutine sleeps on a timer that ends with the next heartbeat or is cut
// short by an event.
#include "simulate/server.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <list>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "simulate/answers.hpp"
#include "simulate/backlog.hpp"
#include "simulate/callbacks.hpp"
#include "simulate/json_text.hpp"

namespace tally::simulate {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t head_bytes_max = 16'384;
constexpr std::size_t body_bytes_max = 1 << 20;
constexpr std::size_t connections_max = 4096;
constexpr std::size_t write_bytes_max =
    32'768;                                 // Jetty's buffer: longer events leave in pieces of this
constexpr std::uint64_t slice_events = 16;  // published before the streams get their turn
constexpr std::uint64_t step_events_max = 10'000'000;
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

TimeMs wall_clock() {
    using namespace std::chrono;  // NOLINT: two names of it
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::pair<std::string, std::string> split_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) {
        throw CannotStart{"--listen needs HOST:PORT, not " + text};
    }
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    return {host, text.substr(colon + 1)};
}

tcp::acceptor listen_at(asio::io_context& io, const std::string& address) {
    const auto [host, port] = split_address(address);
    boost::system::error_code error;
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(host, port, tcp::resolver::passive, error);
    if (error) {
        throw CannotStart{"cannot listen at " + address + ": " + error.message()};
    }
    tcp::acceptor acceptor(io);
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
        acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        throw CannotStart{"cannot listen at " + address + ": " + error.message()};
    }
    return acceptor;
}

std::string address_of(const tcp::socket& socket) {
    boost::system::error_code error;
    const tcp::endpoint endpoint = socket.remote_endpoint(error);
    return error ? "0.0.0.0" : endpoint.address().to_string();
}

struct Connection {
    explicit Connection(tcp::socket accepted)
        : socket(std::move(accepted)),
          deadline(socket.get_executor()),
          address(address_of(socket)) {}

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

}  // namespace

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

Server::Server(ServeOptions options) : inside_(std::make_unique<Inside>(std::move(options))) {}

Server::~Server() = default;

std::string Server::url() const {
    return "http://" + inside_->leader;
}

void Server::run(Signals signals) {
    Inside& inside = *inside_;
    if (signals == Signals::end) {
        inside.signals.add(SIGINT);
        inside.signals.add(SIGTERM);
        inside.signals.async_wait([&inside](const boost::system::error_code& error, int) {
            if (!error) {
                inside.io.stop();
            }
        });
    }
    asio::co_spawn(inside.io, inside.accept_all(), asio::detached);
    asio::co_spawn(inside.io, inside.produce(), asio::detached);
    inside.io.run();
}

void Server::stop() {
    inside_->io.stop();
}

Result<void> Server::write_totals() const {
    const std::string& name = inside_->options.totals;
    if (name.empty()) {
        return {};
    }
    std::FILE* file = std::fopen(name.c_str(), "wb");
    const std::string text = inside_->feed.totals();
    const bool written =
        file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    const bool closed = file != nullptr && std::fclose(file) == 0;
    if (!written || !closed) {
        return Error{"cannot write " + name};
    }
    return {};
}

// --- the bus
// -------------------------------------------------------------------------------------------------

void Server::Inside::publish(const std::shared_ptr<const Broadcast>& event) {
    for (const std::shared_ptr<Stream>& stream : streams) {
        stream->backlog.offer(event);
        stream->wake.cancel();
    }
    callbacks.post(event);
}

asio::awaitable<void> Server::Inside::let_streams_run() {
    // A woken stream needs a turn to write and one to see that the write is done.
    for (int turn = 0; turn < 4; ++turn) {
        co_await asio::post(io, asio::use_awaitable);
    }
}

/// False when the life has ended.
asio::awaitable<bool> Server::Inside::publish_some(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::shared_ptr<const Broadcast> event = feed.next(wall_clock());
        if (!event) {
            co_return false;
        }
        publish(event);
        if (i % slice_events == slice_events - 1) {
            co_await let_streams_run();
        }
    }
    co_return true;
}

asio::awaitable<void> Server::Inside::produce() {
    const double rate = options.shape.rate;
    if (rate <= 0) {
        co_return;  // only /sim/step
    }
    const auto tick = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(std::clamp(1 / rate, 0.005, 1.0))
    );
    auto begun = Clock::now();
    std::uint64_t published = 0;
    while (true) {
        pace.expires_after(tick);
        co_await pace.async_wait(no_throw);
        if (paused || (options.wait_for_subscriber && streams_ever == 0)) {
            begun = Clock::now();
            published = 0;
            continue;
        }
        const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
        const auto due = static_cast<std::uint64_t>(seconds * rate);
        const std::uint64_t missing = due > published ? due - published : 0;
        published += missing;
        const bool goes_on = co_await publish_some(missing);
        if (!goes_on) {
            co_return;
        }
    }
}

/// Says what belongs to the moment of which a part has been said, so that a snapshot agrees with
/// the stream.
void Server::Inside::catch_up() {
    while (feed.ahead()) {
        const std::shared_ptr<const Broadcast> event = feed.next(wall_clock());
        if (!event) {
            return;
        }
        publish(event);
    }
}

// --- connections
// ---------------------------------------------------------------------------------------------

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
            co_await write(
                connection,
                stream_head(options.shape.dialect, leader, http_date(wall_clock())),
                nullptr
            );
            co_return;
        }
        if (!reply) {
            Answer made = co_await answer(connection, request);
            reply = std::move(made);
        }
        const auto keep =
            request.keeps_alive() ? Answer::Connection::keep : Answer::Connection::close;
        const auto body = request.method == "HEAD" ? Answer::Body::omit : Answer::Body::send;
        const bool sent = co_await write(
            connection, reply->text(leader, http_date(wall_clock()), keep, body), nullptr
        );
        if (!sent || keep == Answer::Connection::close) {
            co_return;
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

asio::awaitable<Answer> Server::Inside::control(Request request) {
    const bool post = request.method == "POST";
    if (request.path == "/sim/totals") {
        co_return Answer{.body = feed.totals(), .location = {}};
    }
    if (post && request.path == "/sim/step") {
        const std::vector<std::string_view> wanted = request.parameter("events");
        std::uint64_t events = 1;
        if (!wanted.empty()) {
            std::from_chars(wanted[0].data(), wanted[0].data() + wanted[0].size(), events);
        }
        co_await publish_some(std::min(events, step_events_max));
    } else if (post && request.path == "/sim/close") {
        for (const std::shared_ptr<Stream>& stream : streams) {
            stream->backlog.close();
            stream->wake.cancel();
        }
    } else if (post && (request.path == "/sim/pause" || request.path == "/sim/resume")) {
        paused = request.path == "/sim/pause";
    } else if (request.path != "/sim/sent") {
        co_return error_answer(404, "Not Found");
    }
    std::uint64_t lost = dropped;
    for (const std::shared_ptr<Stream>& stream : streams) {
        lost += stream->backlog.dropped();
    }
    Answer state{.body = {}, .location = {}};
    Json(state.body)
        .raw(R"({"sent":)")
        .number(feed.sent())
        .raw(R"(,"streams":)")
        .number(streams.size())
        .raw(R"(,"dropped":)")
        .number(lost)
        .raw("}");
    co_return state;
}

// --- event streams
// -------------------------------------------------------------------------------------------

/// False when the peer is gone, takes nothing for the idle timeout, or its stream was given up
/// meanwhile: then the bytes end anywhere, also within a frame.
asio::awaitable<bool> Server::Inside::write(
    std::shared_ptr<Connection> connection, std::string bytes, std::shared_ptr<Stream> stream
) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
        connection->deadline.expires_after(options.idle_timeout);
        connection->deadline.async_wait([connection](const boost::system::error_code& error) {
            if (!error) {
                boost::system::error_code ignored;
                connection->socket.cancel(ignored);
            }
        });
        const auto piece = asio::buffer(rest.data(), std::min(rest.size(), write_bytes_max));
        auto [error, written] = co_await connection->socket.async_write_some(piece, no_throw);
        connection->deadline.cancel();
        if (error || (stream && stream->backlog.given_up())) {
            co_return false;
        }
        rest.remove_prefix(written);
    }
    co_return true;
}

asio::awaitable<bool> Server::Inside::write_backlog(
    std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream
) {
    while (!stream->backlog.empty()) {
        const bool sent = co_await write(connection, stream->backlog.take(write_bytes_max), stream);
        if (!sent) {
            co_return false;
        }
    }
    co_return !stream->backlog.given_up();
}

asio::awaitable<void> Server::Inside::attend(
    std::shared_ptr<Connection> connection, Request request
) {
    Backlog::Wishes wishes;
    for (const std::string_view type : request.parameter("event_type")) {
        wishes.types.emplace_back(type);
    }
    const std::vector<std::string_view> format = request.parameter("plan-format");
    wishes.light =
        selects_plan(options.shape.dialect) && !format.empty() && format.front() == "light";
    const std::size_t events_max =
        options.outstanding_max.value_or(outstanding_max(options.shape.dialect));
    const auto stream = std::make_shared<Stream>(
        Backlog(options.shape.dialect, events_max, std::move(wishes)), io.get_executor()
    );
    bool alive = co_await write(
        connection, stream_head(options.shape.dialect, leader, http_date(wall_clock())), stream
    );
    if (!alive) {
        co_return;
    }
    const auto place = streams.insert(streams.end(), stream);
    publish(feed.stream(wall_clock(), EventType::event_stream_attached, connection->address));
    ++streams_ever;
    auto next_beat = Clock::now() + options.heartbeat;
    while (true) {
        alive = co_await write_backlog(connection, stream);
        if (!alive || stream->backlog.closed()) {
            break;
        }
        if (Clock::now() >= next_beat) {
            // CR and LF apart, each flushed: an empty line in two pieces.
            alive = co_await write(connection, "\r", stream);
            if (alive) {
                alive = co_await write(connection, "\n", stream);
            }
            if (!alive) {
                break;
            }
            next_beat = Clock::now() + options.heartbeat;
        }
        if (stream->backlog.empty() && !stream->backlog.closed()) {
            stream->wake.expires_at(next_beat);
            co_await stream->wake.async_wait(no_throw);
        }
    }
    const bool vanished = !alive && !stream->backlog.given_up();
    boost::system::error_code ignored;
    connection->socket.close(ignored);
    stream->backlog.close();
    while (vanished && Clock::now() < next_beat
    ) {  // only the heartbeat notices that a reader has gone
        stream->wake.expires_at(next_beat);
        co_await stream->wake.async_wait(no_throw);
    }
    dropped += stream->backlog.dropped();
    streams.erase(place);
    publish(feed.stream(wall_clock(), EventType::event_stream_detached, connection->address));
}

}  // namespace tally::simulate
