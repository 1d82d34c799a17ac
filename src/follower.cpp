#include "follower.hpp"

#include <chrono>

#include <fmt/format.h>

#include "callback_access.hpp"
#include "log.hpp"

namespace tally {

namespace {

using model::Mark;

constexpr TimeMs mark_interval_ms = 5'000;  // live.md section 2: at least every 10 s, and heartbeats come every 10 s
constexpr unsigned not_found = 404;

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
    : io_(io),
      outside_(std::move(outside)),
      source_(source),
      reader_(config.max_event_bytes),
      access_(io, source, config.connect_timeout) {
    numbers_.source = source.name;
    slab_.source = source.name;
    since_ = wall_now();
    if (source.urls.empty()) {
        state_ = "waiting for callbacks";
        return;
    }
    for (const connect::Endpoint& endpoint : access_.members()) {
        urls_ += (urls_.empty() ? "" : ", ") + shown(endpoint);
    }
    reconciler_ = std::make_unique<Reconciler>(
        io, workers,
        Reconciler::Options{.source = source.name,
                            .members = access_.members(),
                            .rest = {.tls = access_.tls(),
                                     .credentials = access_.credentials(),
                                     .members = access_.members(),
                                     .connect = config.connect_timeout,
                                     .within = config.reconcile.timeout,
                                     .body_bytes_max = config.reconcile.bytes_max},
                            .fsm = {.interval = config.reconcile.interval},
                            .accept_framework = source.accept_framework},
        // A snapshot comes behind all that the stream has said, the attach above all.
        Reconciler::Outside{.hand_over =
                                [this](IngestThread::Message& message) {
                                    return unsent_.empty() && outside_.hand_over(message);
                                },
                            .looked =
                                [this](unsigned status) {
                                    access_.answered(status);
                                    if (registration_) {
                                        registration_->look_again();
                                    }
                                }}
    );
    access_.when_ready([this, &io, config, stream] {
        if (!stopped_) {
            follow(io, config, stream);
            register_callback(config);
        }
    });
}

void Follower::follow(boost::asio::io_context& io, const Config& config, const model::World::Stream& stream) {
    connect::Subscription::Options options;
    options.members = access_.members();
    options.timeouts = {
        .connect = config.connect_timeout, .header = config.header_timeout, .silence = config.silence_timeout};
    options.backoff = config.backoff;
    options.tls = access_.tls();
    options.credentials = access_.credentials();
    options.before = before(stream);
    subscription_ = std::make_unique<connect::Subscription>(io, std::move(options), *this);
}

void Follower::register_callback(const Config& config) {
    if (!source_.callback || source_.callback->register_url.empty()) {
        return;
    }
    const auto secret = read_callback_secret(*source_.callback);
    if (!secret) {
        Log::write(LogLevel::error, "no callback is registered",
                   {{"source", source_.name}, {"error", secret.error().what}});
        return;
    }
    std::string url = registered_url(source_.callback->register_url, *secret);
    if (url == registered_) {
        return;
    }
    if (registration_) {  // the old URL is taken out of Marathon's list meanwhile
        std::shared_ptr<CallbackRegistration> old = std::move(registration_);
        old->stop([old] {});
    }
    registered_ = std::move(url);
    if (!callback_client_) {
        constexpr std::chrono::seconds patience{10};
        callback_client_ = std::make_unique<connect::RestClient>(
            io_, connect::RestClient::Options{.tls = access_.tls(),
                                              .credentials = access_.credentials(),
                                              .members = access_.members(),
                                              .connect = config.connect_timeout,
                                              .within = patience}
        );
    }
    registration_ = std::make_unique<CallbackRegistration>(
        io_, CallbackRegistration::Options{
                 .source = source_.name,
                 .url = registered_,
                 .members = access_.members(),
                 .ask =
                     [this](connect::RestClient::Request request, std::function<void(connect::RestClient::Reply)> done) {
                         callback_client_->ask(std::move(request), std::move(done));
                     }}
    );
}

void Follower::renew_callback(const Config& config) {
    if (!stopped_ && subscription_) {
        register_callback(config);
    }
}

void Follower::stop(connect::Cause cause, std::function<void()> done) {
    if (!stopped_) {
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
    if (registration_) {
        registration_->stop(std::move(done));
    } else {
        done();
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
    access_.answered(ending.status);
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
    if (has_stream() && !no_stream_there_) {
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
    const bool by_callback = !has_stream() || no_stream_there_;
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
            .good = numbers_.connected || ((!has_stream() || no_stream_there_) && ever_attached_)};
}

}  // namespace tally
