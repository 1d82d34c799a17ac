#include "follower.hpp"

#include <chrono>

#include <fmt/format.h>

#include "log.hpp"

namespace tally {

namespace {

using model::Mark;

constexpr TimeMs mark_interval_ms = 5'000;  // live.md section 2: at least every 10 s, and heartbeats come every 10 s
constexpr unsigned not_found = 404;

std::vector<connect::Endpoint> members(const SourceConfig& source) {
    std::vector<connect::Endpoint> endpoints;
    for (const std::string& url : source.urls) {
        endpoints.push_back(*connect::parse_endpoint(url));  // the config was checked
    }
    return endpoints;
}

std::optional<connect::Cause> before(const model::World::Stream& stream) {
    for (const connect::Cause cause : connect::all_causes) {
        if (to_string(cause) == stream.before) {
            return cause;
        }
    }
    return std::nullopt;
}

}  // namespace

Follower::Follower(boost::asio::io_context& io, boost::asio::thread_pool& workers, const SourceConfig& source,
                   const Config& config, const model::World::Stream& stream, Outside outside)
    : outside_(std::move(outside)), source_(source), reader_(config.max_event_bytes) {
    numbers_.source = source.name;
    slab_.source = source.name;
    since_ = wall_now();
    if (source.urls.empty()) {
        state_ = "waiting for callbacks";
        return;
    }
    connect::Subscription::Options options;
    options.members = members(source);
    options.timeouts = {
        .connect = config.connect_timeout, .header = config.header_timeout, .silence = config.silence_timeout};
    options.before = before(stream);
    for (const connect::Endpoint& endpoint : options.members) {
        urls_ += (urls_.empty() ? "" : ", ") + shown(endpoint);
    }
    reconciler_ = std::make_unique<Reconciler>(
        io, workers,
        Reconciler::Options{.source = source.name, .members = options.members, .rest = {}, .fsm = {}, .accept_framework = {}},
        Reconciler::Outside{.hand_over = outside_.hand_over, .compared = outside_.compared}
    );
    subscription_ = std::make_unique<connect::Subscription>(io, std::move(options), *this);
}

void Follower::stop(connect::Cause cause) {
    if (stopped_) {
        return;
    }
    stopped_ = true;
    if (subscription_) {
        subscription_->stop(cause);
    }
    mark({.kind = Mark::Kind::stopped,
          .time = numbers_.connected ? last_byte_ : wall_now(),
          .cause = std::string(to_string(cause))});
    numbers_.connected = false;
    if (reconciler_) {
        reconciler_->detached();
    }
}

std::vector<IngestThread::Message> Follower::take_rest() {
    close_slab();
    std::vector<IngestThread::Message> rest(
        std::make_move_iterator(unsent_.begin()), std::make_move_iterator(unsent_.end())
    );
    unsent_.clear();
    return rest;
}

void Follower::on_attached(std::string_view url, TimeMs time) {
    Log::write(LogLevel::info, "attached", {{"source", numbers_.source}, {"url", std::string(url)}});
    numbers_.connected = true;
    failing_ = false;
    ever_attached_ = true;
    no_stream_there_ = false;
    since_ = time;
    last_byte_ = time;
    marked_ = time;
    bytes_ = 0;
    state_ = fmt::format("attached to {} since {}", url, format_timestamp(time));
    reader_.reset();
    connection_ = outside_.next_connection();
    mark({.kind = Mark::Kind::attached, .time = time, .connection = connection_, .url = std::string(url)});
    reconciler_->attached(std::string(url));
}

void Follower::on_bytes(std::string_view bytes, TimeMs time) {
    numbers_.last_byte = time;
    last_byte_ = time;
    bytes_ += bytes.size();
    slab_.wall = time;
    slab_.connection = connection_;
    reader_.feed(bytes, true, [this, time](const connect::Frame& frame) {
        numbers_.last_event = time;
        slab_.bodies.push_back({.at = slab_.bytes.size(),
                                .size = frame.data.size(),
                                .bytes = frame.bytes,
                                .too_large = frame.too_large ? 1U : 0U});
        slab_.bytes += frame.data;
        slab_.bytes.append(connect::body_padding, '\0');
    });
    close_slab();
    if (time - marked_ >= mark_interval_ms || time < marked_) {
        marked_ = time;
        mark({.kind = Mark::Kind::alive, .time = time, .connection = connection_, .bytes = bytes_});
    } else {
        hand_over();
    }
}

/// What was framed so far goes out with the time of its arrival.
void Follower::close_slab() {
    if (slab_.bodies.empty()) {
        return;
    }
    unsent_.emplace_back(std::exchange(slab_, Slab{}));
    slab_.source = source_.name;
}

void Follower::mark(Mark mark) {
    close_slab();
    unsent_.emplace_back(IngestThread::Marked{.source = source_.name, .mark = std::move(mark)});
    hand_over();
}

void Follower::hand_over() {
    while (!unsent_.empty() && outside_.hand_over(unsent_.front())) {
        unsent_.pop_front();
    }
    const bool has_room = unsent_.empty();
    if (holding_ == !has_room || !subscription_) {
        return;
    }
    holding_ = !has_room;
    if (holding_) {
        subscription_->hold();
    } else {
        subscription_->release();
    }
}

void Follower::retry() {
    if (!unsent_.empty()) {
        hand_over();
    }
}

void Follower::on_end(const connect::Ending& ending, TimeMs time) {
    const bool news = ending.attached || !failing_;
    failing_ = true;
    Log::write(news ? LogLevel::warn : LogLevel::info, ending.attached ? "stream ended" : "attempt failed",
               {{"source", numbers_.source},
                {"cause", std::string(to_string(ending.cause))},
                {"detail", ending.detail},
                {"url", ending.url}});
    if (numbers_.connected) {
        since_ = time;
    }
    numbers_.connected = false;
    no_stream_there_ = ending.status == not_found;
    state_ = fmt::format("{}: {}", to_string(ending.cause), ending.detail);
    mark({.kind = ending.attached ? Mark::Kind::ended : Mark::Kind::failed,
          .time = ending.attached ? last_byte_ : time,
          .connection = ending.attached ? connection_ : 0,
          .bytes = ending.attached ? bytes_ : 0,
          .cause = std::string(to_string(ending.cause)),
          .detail = ending.detail,
          .url = ending.url});
    if (ending.attached) {
        reconciler_->detached();
    }
}

void Follower::on_attempt(connect::Cause why_the_one_before_ended, TimeMs time) {
    mark({.kind = Mark::Kind::attempt, .time = time, .cause = std::string(to_string(why_the_one_before_ended))});
}

void Follower::called(TimeMs time) {
    numbers_.last_event = time;
    if (subscription_ && !no_stream_there_) {
        return;
    }
    if (!ever_attached_) {
        since_ = time;
    }
    ever_attached_ = true;
    state_ = "fed by callbacks";
}

std::vector<serve::ReadyReason> Follower::not_ready(TimeMs now) const {
    constexpr TimeMs lost_grace_ms = 60'000;
    if (numbers_.connected) {
        const auto reason = reconciler_->not_ready(now);
        return reason ? std::vector{*reason} : std::vector<serve::ReadyReason>{};
    }
    const bool by_callback = !subscription_ || no_stream_there_;
    if (by_callback && ever_attached_) {
        return {};
    }
    return {{.source = numbers_.source,
             .reason = ever_attached_ ? serve::NotReady::disconnected : serve::NotReady::never_attached,
             .since = since_,
             .detail = state_,
             .tolerated = ever_attached_ && now - since_ < lost_grace_ms}};
}

serve::Landing::Source Follower::landing() const {
    return {.name = numbers_.source,
            .url = urls_,
            .state = state_,
            .good = numbers_.connected || ((!subscription_ || no_stream_there_) && ever_attached_)};
}

}  // namespace tally
