// GET /v2/events once it is accepted: frames, heartbeats, and the ways a stream ends.
#include <algorithm>

#include "simulate/server_inside.hpp"

namespace tally::simulate {

namespace {

constexpr std::size_t write_bytes_max =
    32'768;  // Jetty's buffer: longer events leave in pieces of this
const std::string carriage_return = "\r";
const std::string line_feed = "\n";

}  // namespace

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
        const std::string frames = stream->backlog.take(write_bytes_max);
        const bool sent = co_await write(connection, frames, stream);
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
    const std::string head = stream_head(options.shape.dialect, leader, http_date(wall_clock()));
    bool alive = co_await write(connection, head, stream);
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
            alive = co_await write(connection, carriage_return, stream);
            if (alive) {
                alive = co_await write(connection, line_feed, stream);
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
