#include "follower.hpp"

#include <chrono>

#include <fmt/format.h>

#include "log.hpp"

namespace tally {

namespace {

std::vector<connect::Endpoint> members(const SourceConfig& source) {
    std::vector<connect::Endpoint> endpoints;
    for (const std::string& url : source.urls) {
        endpoints.push_back(*connect::parse_endpoint(url));  // the config was checked
    }
    return endpoints;
}

}  // namespace

Follower::Follower(boost::asio::io_context& io, const SourceConfig& source, const Config& config, Outside outside)
    : outside_(std::move(outside)), reader_(config.max_event_bytes) {
    numbers_.source = source.name;
    slab_.source = source.name;
    connect::Subscription::Options options;
    options.members = members(source);
    options.timeouts = {
        .connect = config.connect_timeout, .header = config.header_timeout, .silence = config.silence_timeout};
    for (const connect::Endpoint& endpoint : options.members) {
        urls_ += (urls_.empty() ? "" : ", ") + shown(endpoint);
    }
    since_ = wall_now();
    subscription_ = std::make_unique<connect::Subscription>(io, std::move(options), *this);
}

void Follower::stop() { subscription_->stop(); }

void Follower::on_attached(std::string_view url, TimeMs time) {
    Log::write(LogLevel::info, "attached", {{"source", numbers_.source}, {"url", std::string(url)}});
    numbers_.connected = true;
    failing_ = false;
    ever_attached_ = true;
    since_ = time;
    state_ = fmt::format("attached to {} since {}", url, format_timestamp(time));
    reader_.reset();
    slab_.connection = outside_.next_connection();
}

void Follower::on_bytes(std::string_view bytes, TimeMs time) {
    numbers_.last_byte = time;
    slab_.wall = time;
    reader_.feed(bytes, true, [this, time](const connect::Frame& frame) {
        numbers_.last_event = time;
        slab_.bodies.push_back({.at = slab_.bytes.size(),
                                .size = frame.data.size(),
                                .bytes = frame.bytes,
                                .too_large = frame.too_large});
        slab_.bytes += frame.data;
        slab_.bytes.append(connect::body_padding, '\0');
    });
    hand_over();
}

void Follower::hand_over() {
    if (slab_.bodies.empty()) {
        return;
    }
    Slab next{.source = slab_.source, .connection = slab_.connection, .wall = slab_.wall, .bytes = {}, .bodies = {}};
    if (outside_.hand_over(slab_)) {
        slab_ = std::move(next);
    } else if (!holding_) {
        holding_ = true;
        subscription_->hold();
    }
}

void Follower::retry() {
    if (!holding_) {
        return;
    }
    hand_over();
    if (slab_.bodies.empty()) {
        holding_ = false;
        subscription_->release();
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
    state_ = fmt::format("{}: {}", to_string(ending.cause), ending.detail);
}

// Counted by the fold, once the daemon tells it by a mark.
void Follower::on_attempt(connect::Cause, TimeMs) {}

std::vector<serve::ReadyReason> Follower::not_ready(TimeMs now) const {
    constexpr TimeMs lost_grace_ms = 60'000;
    if (numbers_.connected) {
        return {};
    }
    return {{.source = numbers_.source,
             .reason = ever_attached_ ? serve::NotReady::disconnected : serve::NotReady::never_attached,
             .since = since_,
             .detail = state_,
             .tolerated = ever_attached_ && now - since_ < lost_grace_ms}};
}

serve::Landing::Source Follower::landing() const {
    return {.name = numbers_.source, .url = urls_, .state = state_, .good = numbers_.connected};
}

}  // namespace tally
