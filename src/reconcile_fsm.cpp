#include "reconcile_fsm.hpp"

#include <algorithm>

namespace tally {

namespace {

constexpr std::chrono::milliseconds settled_after{60'000};
constexpr std::chrono::milliseconds patience{30'000};
constexpr std::chrono::milliseconds retry_first{1'000};
constexpr std::chrono::milliseconds retry_max{30'000};
constexpr int doublings_max = 5;
constexpr double jitter = 0.1;

}  // namespace

ReconcileFsm::Action ReconcileFsm::step(const Happened& happened, Milliseconds now, double random) {
    now_ = now;
    if (std::holds_alternative<Attached>(happened)) {
        attached_at_ = now;
        seen_ = false;
        failures_ = 0;
        return ask();
    }
    if (std::holds_alternative<Detached>(happened)) {
        state_ = State::detached;
        failures_ = 0;
        return Stop{};
    }
    if (std::holds_alternative<Read>(happened) && state_ == State::reading) {
        state_ = State::comparing;
        return HandOver{};
    }
    if (std::holds_alternative<ReadFailed>(happened) && state_ == State::reading) {
        return fail();
    }
    if (std::holds_alternative<WaitOver>(happened) && (state_ == State::waiting || state_ == State::resting)) {
        return ask();
    }
    const auto* compared = std::get_if<Compared>(&happened);
    if (compared == nullptr || state_ != State::comparing) {
        return Nothing{};  // of a session that is over
    }
    if (!compared->good) {
        return fail();
    }
    seen_ = true;
    failures_ = 0;
    state_ = State::resting;
    const auto interval = std::chrono::duration_cast<Milliseconds>(options_.interval * (1 - jitter + 2 * jitter * random));
    const Milliseconds settles = attached_at_ + settled_after - now;
    return Wait{compared->health_is_unsettled ? std::min(interval, std::max(settles, Milliseconds(0))) : interval};
}

ReconcileFsm::Action ReconcileFsm::ask() {
    state_ = State::reading;
    return Ask{.lets_settle = seen_, .health_is_settled = now_ - attached_at_ >= settled_after};
}

ReconcileFsm::Action ReconcileFsm::fail() {
    state_ = State::waiting;
    const Milliseconds wait = std::min(retry_max, retry_first * (1 << std::min(failures_, doublings_max)));
    ++failures_;
    return Wait{wait};
}

bool ReconcileFsm::is_done(Milliseconds now) const {
    return seen_ || (failures_ > 0 && now - attached_at_ >= patience);
}

}  // namespace tally
