// Start and end, and the bus: what is published when, and who gets it.
#include "simulate/server.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "simulate/server_inside.hpp"

namespace tally::simulate {

namespace {

constexpr std::uint64_t slice_events = 16;  // published before the streams get their turn
constexpr std::size_t members_max = 16;

void pad(std::string& body, std::size_t bytes) {
    constexpr std::string_view open = "{\"padding\":\"";
    constexpr std::string_view close = "\",";
    if (body.starts_with("{\"") && body.size() + open.size() + close.size() < bytes) {
        const std::size_t missing = bytes - body.size() - open.size() - close.size() + 1;
        body.replace(0, 1, std::string(open) + std::string(missing, 'x') + std::string(close));
    }
}

/// The same event, with a body of so many bytes.
std::shared_ptr<const Broadcast> padded(const Broadcast& event, std::size_t bytes) {
    auto longer = std::make_shared<Broadcast>(event);
    pad(longer->body, bytes);
    if (!longer->light.empty()) {
        pad(longer->light, bytes);
    }
    return longer;
}

}  // namespace

TimeMs wall_clock() {
    using namespace std::chrono;  // NOLINT: two names of it
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Member::Member(tcp::acceptor listening, const tcp::endpoint& endpoint)
    : acceptor(std::move(listening)) {
    const std::string host = endpoint.address().to_string();
    address = (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
              std::to_string(endpoint.port());
}

Shape Server::Inside::shape_of(const ServeOptions& options) {
    Shape shape = options.shape;
    shape.start = wall_clock();
    shape.both_plans = true;
    return shape;
}

Server::Inside::Inside(ServeOptions asked)
    : options(std::move(asked)),
      tls(options.tls.certificate.empty() ? nullptr : std::make_unique<Tls>(options.tls)),
      signals(io),
      pace(io),
      conductor(io),
      feed(shape_of(options), options.events),
      callbacks(io, options.shape.seed ^ 0x63616c6c),
      credentials(options.credentials, options.shape.seed),
      random(options.shape.seed ^ 0x6661756c7473) {
    std::vector<std::string> addresses{options.listen};
    addresses.insert(addresses.end(), options.members.begin(), options.members.end());
    if (addresses.size() > members_max) {
        throw CannotStart{"too many --member"};
    }
    for (const std::string& address : addresses) {
        auto acceptor = listen_at(io, address);
        if (!acceptor) {
            throw CannotStart{acceptor.error().what};
        }
        const tcp::endpoint endpoint = acceptor->local_endpoint();
        members.push_back(std::make_unique<Member>(std::move(*acceptor), endpoint));
    }
    if (!options.scenario.empty()) {
        Result<Scenario> parsed = Scenario::parse(options.scenario, options.shape.seed);
        if (!parsed) {
            throw CannotStart{"--scenario: " + parsed.error().what};
        }
        scenario = std::move(*parsed);
    }
    for (const std::string& fault : options.faults) {
        const Result<Trouble> trouble = parse_trouble(fault);
        if (!trouble) {
            throw CannotStart{"--fault: " + trouble.error().what};
        }
        order(*trouble);
    }
}

Server::Server(ServeOptions options) {
    if (!options.standby_of.empty() && !parse_http_url(options.standby_of)) {
        throw CannotStart{"--standby-of needs http://HOST:PORT, not " + options.standby_of};
    }
    inside_ = std::make_unique<Inside>(std::move(options));
}

Server::~Server() = default;

std::string Server::url() const {
    return inside_->url_of(0);
}

std::vector<std::string> Server::urls() const {
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < inside_->members.size(); ++i) {
        urls.push_back(inside_->url_of(i));
    }
    return urls;
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
    for (std::size_t i = 0; i < inside.members.size(); ++i) {
        asio::co_spawn(inside.io, inside.accept_all(i), asio::detached);
    }
    asio::co_spawn(inside.io, inside.produce(), asio::detached);
    asio::co_spawn(inside.io, inside.conduct(), asio::detached);
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
    lagging.push_back(event);
    release();
    tend();
}

/// Hands on all but those that the streams are to be behind.
void Server::Inside::release() {
    while (!lagging.empty()) {
        const Trouble* newer = troubles.find(TroubleKind::snapshot_newer);
        if (newer != nullptr && lagging.size() <= newer->events) {
            return;
        }
        const std::shared_ptr<const Broadcast> event = std::move(lagging.front());
        lagging.pop_front();
        deliver(event);
    }
}

void Server::Inside::deliver(std::shared_ptr<const Broadcast> event) {
    delivered = event->sequence;
    callbacks.post(event);
    const Trouble* drop = troubles.find(TroubleKind::drop);
    if (drop != nullptr && random.chance(drop->share)) {
        lost.add(event->sequence);
        troubles.use(TroubleKind::drop);
        return;
    }
    const auto open = [](const auto& stream) { return !stream->backlog.closed(); };
    if (std::none_of(streams.begin(), streams.end(), open)) {
        unheard.add(event->sequence);
        return;
    }
    if (const auto oversize = troubles.use(TroubleKind::oversize)) {
        event = padded(*event, oversize->bytes);
    }
    for (const std::shared_ptr<Stream>& stream : streams) {
        stream->backlog.offer(event);
        stream->wake.cancel();
    }
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
        turn_pictures();
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

}  // namespace tally::simulate
