#include "connect/subscription_fsm.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "tally/base/assert.hpp"

namespace tally::connect {
namespace {

using State = SubscriptionFsm::State;

constexpr auto long_hold_min = std::chrono::seconds(1);
// Marathon cuts a slow reader at the latest when a write has been blocked for 30 s; what its socket
// still holds we read first.
constexpr auto long_hold_memory = std::chrono::seconds(35);

bool is_event_stream(std::string_view content_type) {
    auto type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ') || type.ends_with('\t')) {
        type.remove_suffix(1);
    }
    const auto same = [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
    };
    return std::ranges::equal(type, std::string_view("text/event-stream"), same);
}

Cause cause_of_status(unsigned status) {
    if (status == 401 || status == 403) {
        return Cause::unauthorized;
    }
    if (status >= 500) {
        return Cause::http_5xx;
    }
    if (status >= 400) {
        return Cause::http_4xx;
    }
    return status >= 300 ? Cause::redirect : Cause::not_a_stream;
}

}  // namespace

SubscriptionFsm::SubscriptionFsm(Options options)
    : options_(std::move(options)),
      backoff_(options_.backoff),
      route_(options_.members),
      unsettled_(options_.before) {
    TALLY_ASSERT(!options_.members.empty());
}

SubscriptionFsm::Actions SubscriptionFsm::step(
    const Happened& happened, Milliseconds now, double random
) {
    now_ = now;
    random_ = random;
    std::visit([this](const auto& it) { on(it); }, happened);
    return std::exchange(actions_, {});
}

void SubscriptionFsm::on(const Started& /*happened*/) {
    TALLY_ASSERT(state_ == State::idle);
    attempt();
}

void SubscriptionFsm::on(const WaitOver& /*happened*/) {
    TALLY_ASSERT(state_ == State::waiting);
    attempt();
}

void SubscriptionFsm::attempt() {
    route_.begin(member(), events_target(member()));
    go_on();
}

void SubscriptionFsm::go_on() {
    state_ = State::connecting;
    status_ = 0;
    act(Connect{route_.server(), options_.timeouts.connect});
}

void SubscriptionFsm::on(const Connected& /*happened*/) {
    TALLY_ASSERT(state_ == State::connecting);
    state_ = State::requesting;
    const bool credentials = route_.credentials();
    const auto userinfo = credentials ? member().userinfo : std::string();
    act(Request{
        route_.target(),
        authority(route_.server()),
        credentials,
        userinfo,
        options_.timeouts.header});
}

void SubscriptionFsm::on(const HeaderArrived& header) {
    TALLY_ASSERT(state_ == State::requesting);
    status_ = header.status;
    if (is_redirect(header.status)) {
        follow(header);
        return;
    }
    if (header.status != 200) {
        fail(cause_of_status(header.status), "HTTP status " + std::to_string(header.status));
        return;
    }
    if (!is_event_stream(header.content_type)) {
        fail(Cause::not_a_stream, "content type is not text/event-stream");
        return;
    }
    answered(false);
    state_ = State::first_byte;
    read_on();
}

void SubscriptionFsm::follow(const HeaderArrived& header) {
    if (const auto followed = route_.follow(header.location); !followed) {
        fail(Cause::redirect, followed.error().what);
        return;
    }
    answered(true);
    act(Close{});
    go_on();
}

void SubscriptionFsm::on(const BytesArrived& /*happened*/) {
    TALLY_ASSERT(state_ == State::first_byte || state_ == State::attached);
    last_byte_at_ = now_;
    if (state_ == State::first_byte) {
        state_ = State::attached;
        attached_at_ = now_;
        long_hold_ended_.reset();
        act(TellAttached{shown(route_.server())});
    }
    act(TellBytes{});
    read_on();
}

void SubscriptionFsm::on(const Released& /*happened*/) {
    TALLY_ASSERT(state_ == State::first_byte || state_ == State::attached);
    read_on();
}

void SubscriptionFsm::read_on() {
    if (held_since_) {
        act(AwaitRelease{});
    } else {
        act(Read{options_.timeouts.silence});
    }
}

void SubscriptionFsm::on(const Ended& /*happened*/) {
    if (state_ == State::attached) {
        fail(behind() ? Cause::slow : Cause::closed, "the stream ended");
    } else if (state_ == State::first_byte) {
        fail(Cause::empty, "the stream ended before its first byte");
    } else {
        TALLY_ASSERT(state_ == State::requesting);
        fail(Cause::closed, "closed before an answer came");
    }
}

void SubscriptionFsm::on(const Failed& failed) {
    const bool cut = state_ == State::attached && failed.cause == Cause::reset && behind();
    fail(cut ? Cause::slow : failed.cause, failed.detail);
}

void SubscriptionFsm::on(const TimedOut& /*happened*/) {
    if (state_ == State::connecting) {
        fail(Cause::timeout, "no connection in time");
    } else if (state_ == State::requesting) {
        fail(Cause::timeout, "no response header in time");
    } else {
        TALLY_ASSERT(state_ == State::first_byte || state_ == State::attached);
        fail(Cause::silent, "no byte in time");
    }
}

void SubscriptionFsm::on(const StopAsked& asked) {
    if (state_ == State::attached) {
        act(TellEnd{Ending{asked.cause, "", true, status_, shown(route_.server())}});
    }
    state_ = State::finished;
    act(Close{});
    act(Finish{});
}

/// This attempt is alive, so the cause of the one before is known.
void SubscriptionFsm::answered(bool by_redirect) {
    if (!unsettled_) {
        return;
    }
    const bool elsewhere =
        ended_session_ && (by_redirect || !same_server(*ended_session_, route_.server()));
    const bool leader_changed = *unsettled_ == Cause::closed && elsewhere;
    act(TellAttempt{leader_changed ? Cause::leader_changed : *unsettled_});
    unsettled_.reset();
}

void SubscriptionFsm::fail(Cause cause, std::string detail) {
    TALLY_ASSERT(state_ != State::idle && state_ != State::waiting && state_ != State::finished);
    if (unsettled_) {
        act(TellAttempt{*unsettled_});
    }
    unsettled_ = cause;
    const bool attached = state_ == State::attached;
    ended_session_ = attached ? std::optional(route_.server()) : std::nullopt;
    act(TellEnd{Ending{cause, std::move(detail), attached, status_, shown(route_.server())}});
    act(Close{});
    const auto lasted = attached ? last_byte_at_ - attached_at_ : Milliseconds(0);
    act(Wait{backoff_.after_failure(lasted, random_)});
    member_ = (member_ + 1) % options_.members.size();
    state_ = State::waiting;
}

void SubscriptionFsm::hold(Milliseconds now) {
    if (!held_since_) {
        held_since_ = now;
    }
}

void SubscriptionFsm::release(Milliseconds now) {
    if (held_since_ && now - *held_since_ >= long_hold_min) {
        long_hold_ended_ = now;
    }
    held_since_.reset();
}

bool SubscriptionFsm::behind() const {
    if (held_since_ && now_ - *held_since_ >= long_hold_min) {
        return true;
    }
    return long_hold_ended_ && now_ - *long_hold_ended_ <= long_hold_memory;
}

}  // namespace tally::connect
