// GET /v2/events once it is accepted: frames, heartbeats, and the ways a stream ends.
#include <algorithm>

#include <fmt/format.h>

#include "simulate/cut_frame.hpp"
#include "simulate/server_inside.hpp"

namespace tally::simulate {

namespace {

constexpr std::size_t write_bytes_max =
    32'768;  // Jetty's buffer: longer events leave in pieces of this
constexpr std::chrono::seconds silent_look{1};  // how soon a silent stream's end is noticed
constexpr std::size_t past_streams_max = 256;
const std::string carriage_return = "\r";
const std::string line_feed = "\n";

}  // namespace

/// False when the peer is gone, takes nothing for the idle timeout, or its stream was given up
/// meanwhile: then the bytes end anywhere, also within a frame.
asio::awaitable<bool> Server::Inside::write(
    std::shared_ptr<Connection> connection,
    std::string bytes,
    std::shared_ptr<Stream> stream,
    Pacing pacing
) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const Trouble* drip = stream ? troubles.touching(TroubleKind::drip, stream->born) : nullptr;
        const Pacing pace_now =
            drip != nullptr ? Pacing{.bytes = drip->bytes, .every = drip->every} : pacing;
        const std::size_t piece_max = pace_now.bytes > 0 ? pace_now.bytes : write_bytes_max;
        connection->deadline.expires_after(options.idle_timeout);
        connection->deadline.async_wait([connection](const boost::system::error_code& error) {
            if (!error) {
                connection->channel.cancel();
            }
        });
        const auto piece = asio::buffer(rest.data(), std::min(rest.size(), piece_max));
        const Channel::Moved moved = co_await connection->channel.write_some(piece);
        connection->deadline.cancel();
        if (stream) {
            stream->delivered.written(moved.bytes);
        }
        if (moved.failed || (stream && (stream->backlog.given_up() || stream->reset))) {
            co_return false;
        }
        rest.remove_prefix(moved.bytes);
        if (pace_now.bytes > 0 && !rest.empty()) {
            asio::steady_timer& wait = stream ? stream->pace : connection->deadline;
            wait.expires_after(pace_now.every);
            co_await wait.async_wait(no_throw);
        }
    }
    co_return true;
}

/// What is to go out at once; in a chunk of its own when the stream passes a standby.
asio::awaitable<bool> Server::Inside::pass_on(
    std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream, std::string bytes
) {
    if (stream->chunked && !bytes.empty()) {
        // Jetty ends a chunk only when it begins the next.
        const std::string begin =
            fmt::format("{}{:x}\r\n", stream->begun ? "\r\n" : "", bytes.size());
        stream->begun = true;
        const bool sent = co_await write(connection, begin, no_stream);
        if (!sent) {
            co_return false;
        }
    }
    const bool sent = co_await write(connection, std::move(bytes), stream);
    co_return sent;
}

/// Through the buffering proxy, if there is one.
asio::awaitable<bool> Server::Inside::send(
    std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream, std::string bytes
) {
    const Trouble* buffer = troubles.touching(TroubleKind::buffer, stream->born);
    if (buffer != nullptr || !stream->held.empty()) {
        stream->held += bytes;
        const std::size_t block = buffer == nullptr ? 1 : std::max<std::size_t>(buffer->bytes, 1);
        const std::size_t whole = stream->held.size() / block * block;
        bytes = stream->held.substr(0, whole);
        stream->held.erase(0, whole);
    }
    const bool sent = co_await pass_on(connection, stream, std::move(bytes));
    co_return sent;
}

asio::awaitable<bool> Server::Inside::write_backlog(
    std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream
) {
    while (!stream->backlog.empty() && !stream->cut && !touches(TroubleKind::silence, *stream)) {
        std::string frames = stream->backlog.take(write_bytes_max, &stream->delivered);
        const bool sent = co_await send(connection, stream, std::move(frames));
        if (!sent) {
            co_return false;
        }
    }
    co_return !stream->backlog.given_up();
}

/// Cuts the next event and ends the stream. True: the filter wants none of those that wait.
asio::awaitable<bool> Server::Inside::write_cut(
    std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream
) {
    const std::string frame = stream->backlog.take(1);
    if (frame.empty()) {
        co_return true;
    }
    const Trouble cut = *stream->cut;
    std::string bytes = std::exchange(stream->held, {});
    bytes += cut_frame(frame, cut.at);
    co_await pass_on(connection, stream, std::move(bytes));
    stream->cut = cut;  // it has happened, whatever was cleared meanwhile
    if (cut.how == "rst") {
        connection->channel.reset();
    }
    co_return false;
}

std::shared_ptr<Stream> Server::Inside::enter(
    std::shared_ptr<Connection> connection, const Request& request
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
    auto stream = std::make_shared<Stream>(
        Backlog(options.shape.dialect, events_max, std::move(wishes)), io.get_executor()
    );
    stream->connection = std::move(connection);
    stream->number = ++streams_ever;
    stream->born = troubles.orders();
    stream->since = delivered;
    streams.push_back(stream);
    return stream;
}

void Server::Inside::leave(const std::shared_ptr<Stream>& stream) {
    dropped += stream->backlog.dropped();
    streams.remove(stream);
    past_streams.push_back(
        {.number = stream->number,
         .peer = stream->connection->channel.peer_address(),
         .since = stream->since,
         .until = delivered,
         .events = stream->delivered.events()}
    );
    if (past_streams.size() > past_streams_max) {
        past_streams.pop_front();
    }
}

/// Until the stream's end. True: we end it in good order.
asio::awaitable<bool> Server::Inside::live(
    std::shared_ptr<Connection> connection,
    std::shared_ptr<Stream> stream,
    Clock::time_point& next_beat
) {
    while (true) {
        if (stream->reset) {
            co_return false;
        }
        if (touches(TroubleKind::silence, *stream) && !stream->backlog.closed()) {
            stream->backlog.forget();
            if (connection->channel.peer_gone()) {
                co_return false;
            }
            stream->wake.expires_after(silent_look);
            co_await stream->wake.async_wait(no_throw);
            continue;
        }
        bool alive = true;
        if (stream->cut && !stream->backlog.empty()) {
            alive = co_await write_cut(connection, stream);
        }
        if (alive) {
            alive = co_await write_backlog(connection, stream);
        }
        const bool flushes = std::exchange(stream->flush, false) || stream->backlog.closed() ||
                             !touches(TroubleKind::buffer, *stream);
        if (alive && flushes && !stream->held.empty()) {
            std::string held = std::exchange(stream->held, {});
            alive = co_await pass_on(connection, stream, std::move(held));
        }
        if (!alive || stream->backlog.closed()) {
            co_return alive;
        }
        if (Clock::now() >= next_beat) {
            // CR and LF apart, each flushed: an empty line in two pieces.
            stream->delivered.beat(2);
            alive = co_await send(connection, stream, carriage_return);
            if (alive) {
                alive = co_await send(connection, stream, line_feed);
            }
            if (!alive) {
                co_return false;
            }
            next_beat = Clock::now() + options.heartbeat;
        }
        if (stream->backlog.empty() && !stream->backlog.closed()) {
            stream->wake.expires_at(next_beat);
            co_await stream->wake.async_wait(no_throw);
        }
    }
}

asio::awaitable<void> Server::Inside::attend(
    std::shared_ptr<Connection> connection, Request request
) {
    const bool proxied =
        troubles.find(TroubleKind::proxy) != nullptr || connection->member != leading;
    const std::string via = proxied ? members[connection->member]->address : std::string();
    const std::string head =
        stream_head(options.shape.dialect, url_of(leading), http_date(wall_clock()), via);
    const bool empty = troubles.use(TroubleKind::empty_200).has_value();
    bool alive = co_await write(connection, head, no_stream);
    if (!alive || empty || request.method == "HEAD") {  // a HEAD leaks no stream here
        co_return;
    }
    const std::shared_ptr<Stream> stream = enter(connection, request);
    stream->chunked = proxied;
    const std::string peer = connection->channel.peer_address();
    publish(feed.stream(wall_clock(), EventType::event_stream_attached, peer));
    auto next_beat = Clock::now() + options.heartbeat;
    alive = co_await live(connection, stream, next_beat);
    const bool vanished = !alive && !stream->backlog.given_up() && !stream->reset && !stream->cut;
    if (alive && stream->chunked) {
        const std::string end = stream->begun ? "\r\n0\r\n\r\n" : "0\r\n\r\n";
        co_await write(connection, end, no_stream);
    }
    stream->backlog.close();
    co_await connection->channel.end();
    while (vanished && Clock::now() < next_beat
    ) {  // only the heartbeat notices that a reader has gone
        stream->wake.expires_at(next_beat);
        co_await stream->wake.async_wait(no_throw);
    }
    leave(stream);
    publish(feed.stream(wall_clock(), EventType::event_stream_detached, peer));
}

}  // namespace tally::simulate
