#include "callback_registration_fsm.hpp"

#include <algorithm>
#include <utility>

namespace tally {

namespace {

bool is_good(unsigned status) {
    constexpr unsigned ok = 200, redirect = 300;
    return status >= ok && status < redirect;
}

/// To ask again says the same: the feature is off (400), gone (404, since 1.5), or the URL is not to its liking (422).
bool is_final(unsigned status) {
    return status == 400 || status == 404 || status == 422;
}

}  // namespace

CallbackRegistrationFsm::Actions CallbackRegistrationFsm::step(const Happened& happened) {
    actions_.clear();
    if (state_ != State::finished) {
        std::visit([this](const auto& one) { on(one); }, happened);
    }
    return std::move(actions_);
}

void CallbackRegistrationFsm::on(const Wanted&) {
    if (stopping_) {
        return;
    }
    if (state_ == State::resting || state_ == State::waiting) {
        ask(State::listing, Errand::list);
        return;
    }
    wanted_again_ = true;  // what is under way may be answered by who was leader before
}

void CallbackRegistrationFsm::on(const Answered& answer) {
    if (!under_way(answer.errand)) {
        return;
    }
    if (state_ == State::leaving) {
        if (!is_good(answer.status)) {
            act(TellLeftBehind{});
        }
        finish();
        return;
    }
    if (stopping_) {  // only a subscribe was waited for
        ask(State::leaving, Errand::unsubscribe);
        return;
    }
    state_ == State::listing ? take_list(answer) : take_subscribe(answer);
}

void CallbackRegistrationFsm::take_list(const Answered& answer) {
    if (is_final(answer.status)) {
        refuse(answer.status);
    } else if (!is_good(answer.status) || !answer.readable) {
        fail(answer.status);
    } else if (answer.listed) {
        rest();
    } else {
        ask(State::subscribing, Errand::subscribe);
    }
}

void CallbackRegistrationFsm::take_subscribe(const Answered& answer) {
    if (is_final(answer.status)) {
        refuse(answer.status);
    } else if (is_good(answer.status)) {
        act(TellRegistered{});
        rest();
    } else {
        perhaps_listed_ = true;  // an answer may be lost behind a deed that was done
        fail(answer.status);
    }
}

void CallbackRegistrationFsm::on(const WaitOver&) {
    if (state_ == State::waiting) {
        ask(State::listing, Errand::list);
    }
}

void CallbackRegistrationFsm::on(const StopAsked&) {
    if (std::exchange(stopping_, true)) {
        return;
    }
    if (state_ != State::subscribing && !perhaps_listed_) {
        finish();
        return;
    }
    act(BePatient{patience});
    // A DELETE beside a POST under way could overtake it.
    if (state_ != State::subscribing) {
        ask(State::leaving, Errand::unsubscribe);
    }
}

void CallbackRegistrationFsm::on(const PatienceOver&) {
    if (stopping_) {
        act(TellLeftBehind{});
        finish();
    }
}

void CallbackRegistrationFsm::ask(State state, Errand errand) {
    state_ = state;
    if (errand == Errand::list) {
        wanted_again_ = false;
    }
    act(Ask{.errand = errand, .member = member_});
}

/// The URL is listed.
void CallbackRegistrationFsm::rest() {
    failures_ = 0;
    told_refused_ = false;
    perhaps_listed_ = true;
    state_ = State::resting;
    if (wanted_again_) {
        ask(State::listing, Errand::list);
    }
}

void CallbackRegistrationFsm::refuse(unsigned status) {
    failures_ = 0;
    perhaps_listed_ = false;
    if (!std::exchange(told_refused_, true)) {
        act(TellRefused{status});
    }
    state_ = State::resting;
    if (wanted_again_) {
        ask(State::listing, Errand::list);
    }
}

void CallbackRegistrationFsm::fail(unsigned status) {
    constexpr unsigned doublings_max = 5;
    if (failures_ == 0) {
        act(TellFailed{status});
    }
    const Milliseconds wait = wait_first * (1U << std::min(failures_, doublings_max));
    ++failures_;
    member_ = (member_ + 1) % members_;
    state_ = State::waiting;
    if (wanted_again_) {
        ask(State::listing, Errand::list);
        return;
    }
    act(Wait{std::min(wait, wait_max)});
}

void CallbackRegistrationFsm::finish() {
    state_ = State::finished;
    act(Finish{});
}

bool CallbackRegistrationFsm::under_way(Errand errand) const {
    switch (errand) {
        case Errand::list:
            return state_ == State::listing;
        case Errand::subscribe:
            return state_ == State::subscribing;
        case Errand::unsubscribe:
            return state_ == State::leaving;
    }
    return false;
}

}  // namespace tally
