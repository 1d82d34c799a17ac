// Start and end, and the bus: what is published when. Connections are in connections.cpp, streams
// in event_streams.cpp.
#include "simulate/server.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "simulate/json_text.hpp"
#include "simulate/server_inside.hpp"

namespace tally::simulate {

namespace {

constexpr std::uint64_t slice_events = 16;  // published before the streams get their turn
constexpr std::uint64_t step_events_max = 10'000'000;

}  // namespace

TimeMs wall_clock() {
    using namespace std::chrono;  // NOLINT: two names of it
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Server::Server(ServeOptions options) {
    if (!options.standby_of.empty() && !parse_http_url(options.standby_of)) {
        throw CannotStart{"--standby-of needs http://HOST:PORT, not " + options.standby_of};
    }
    inside_ = std::make_unique<Inside>(std::move(options));
}

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

asio::awaitable<Answer> Server::Inside::control(Request request) {
    const bool post = request.method == "POST";
    if (request.path == "/sim/totals") {
        Answer counted{.body = feed.totals(), .location = {}};
        co_return counted;
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

}  // namespace tally::simulate
