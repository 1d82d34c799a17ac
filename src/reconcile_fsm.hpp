#pragma once

#include <chrono>
#include <optional>
#include <variant>

namespace tally {

/// When a source's snapshot is read (live.md section 3), as a machine without clock, socket or chance.
///
///     detached --Attached--> reading --Read--> comparing --Compared: ok--> resting --WaitOver--> reading
///        ^                      |                  |                          (the next look: every `interval`, or once
///        |                      +--- ReadFailed, Compared: failed --> waiting   the session is 60 s old)
///        +--- Detached, from anywhere                 ^-----WaitOver, 1 2 4 ... 30 s
class ReconcileFsm {
  public:
    using Milliseconds = std::chrono::milliseconds;
    enum class State { detached, reading, comparing, waiting, resting };

    struct Options {
        Milliseconds interval{600'000};  ///< between two looks, 10 % less to 10 % more
        friend bool operator==(const Options&, const Options&) = default;
    };

    // What happened.
    struct Attached {};
    struct Detached {};
    struct Read {};
    struct ReadFailed {};
    struct Compared {
        bool good = false;                 ///< false: not compared, try again
        bool health_is_unsettled = false;  ///< a look after 60 s of session is due
    };
    struct WaitOver {};
    using Happened = std::variant<Attached, Detached, Read, ReadFailed, Compared, WaitOver>;

    // What to do.
    struct Ask {
        bool lets_settle = false;          ///< compare a moment after it was read: the stream may be behind it
        bool health_is_settled = false;    ///< the session is 60 s old
        friend bool operator==(const Ask&, const Ask&) = default;
    };
    struct HandOver {
        friend bool operator==(const HandOver&, const HandOver&) = default;
    };
    struct Wait {
        Milliseconds length{};
        friend bool operator==(const Wait&, const Wait&) = default;
    };
    struct Stop {  ///< forget what is under way
        friend bool operator==(const Stop&, const Stop&) = default;
    };
    struct Nothing {
        friend bool operator==(const Nothing&, const Nothing&) = default;
    };
    using Action = std::variant<Ask, HandOver, Wait, Stop, Nothing>;

    explicit ReconcileFsm(Options options) : options_(options) {}

    /// `now` from any steady clock; `random` between 0 and 1, for the jitter.
    [[nodiscard]] Action step(const Happened& happened, Milliseconds now, double random);

    [[nodiscard]] State state() const { return state_; }
    /// A look has succeeded since the attach, or they have failed for 30 s: nobody needs to wait any more.
    [[nodiscard]] bool is_done(Milliseconds now) const;
    /// Whether the last look failed.
    [[nodiscard]] bool is_failing() const { return failures_ > 0; }

  private:
    Action ask();
    Action fail();

    Options options_;
    State state_ = State::detached;
    Milliseconds now_{};
    Milliseconds attached_at_{};
    bool seen_ = false;  ///< in this session
    int failures_ = 0;
};

}  // namespace tally
