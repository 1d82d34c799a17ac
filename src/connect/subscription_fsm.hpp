#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "connect/outcome.hpp"
#include "connect/route.hpp"
#include "tally/connect/backoff.hpp"
#include "tally/connect/cause.hpp"
#include "tally/connect/endpoint.hpp"
#include "tally/connect/subscription.hpp"

namespace tally::connect {

/// The life of one source's connection, as a machine without socket, clock or chance.
///
///             Connected             HeaderArrived: 200, stream            BytesArrived
///  connecting ---------> requesting --------------------------> first_byte ----------> attached --+
///    ^   ^                   |                                                          ^         | BytesArrived
///    |   +---- redirect -----+                                                          +---------+
///    |
///    +-- WaitOver -- waiting <-- from each of the four: Ended, Failed, TimedOut; any other header
///
/// StopAsked leads to finished from anywhere. Each step's actions are to be done in order; the last
/// one is the only one that takes time, and its outcome is the next thing to tell the machine.
class SubscriptionFsm {
  public:
    using Milliseconds = std::chrono::milliseconds;
    enum class State { idle, connecting, requesting, first_byte, attached, waiting, finished };

    struct Options {
        std::vector<Endpoint> members;
        Subscription::Timeouts timeouts;
        Backoff::Limits backoff;
        std::optional<Cause> before;
    };

    // What happened.
    struct Started {};

    using Connected = connect::Connected;
    using HeaderArrived = connect::HeaderArrived;
    using BytesArrived = connect::BytesArrived;
    using Ended = connect::Ended;
    using Failed = connect::Failed;
    using TimedOut = connect::TimedOut;

    struct Released {};

    struct WaitOver {};

    struct StopAsked {
        Cause cause = Cause::shutdown;
    };

    using Happened = std::variant<
        Started,
        Connected,
        HeaderArrived,
        BytesArrived,
        Ended,
        Failed,
        TimedOut,
        Released,
        WaitOver,
        StopAsked>;

    // What to do: these take time.
    struct Connect {
        Endpoint endpoint;
        Milliseconds within{};
        friend bool operator==(const Connect&, const Connect&) = default;
    };

    struct Request {
        std::string target;
        std::string host;
        bool credentials = false;  ///< may be sent to this server
        std::string userinfo;      ///< of the member, if credentials may be sent
        Milliseconds within{};
        friend bool operator==(const Request&, const Request&) = default;
    };

    struct Read {
        Milliseconds within{};
        friend bool operator==(const Read&, const Read&) = default;
    };

    struct AwaitRelease {
        friend bool operator==(const AwaitRelease&, const AwaitRelease&) = default;
    };

    struct Wait {
        Milliseconds length{};
        friend bool operator==(const Wait&, const Wait&) = default;
    };

    struct Finish {
        friend bool operator==(const Finish&, const Finish&) = default;
    };

    // These do not.
    struct Close {
        friend bool operator==(const Close&, const Close&) = default;
    };

    struct TellAttached {
        std::string url;
        friend bool operator==(const TellAttached&, const TellAttached&) = default;
    };

    struct TellBytes {
        friend bool operator==(const TellBytes&, const TellBytes&) = default;
    };

    struct TellEnd {
        Ending ending;
        friend bool operator==(const TellEnd&, const TellEnd&) = default;
    };

    struct TellAttempt {
        Cause cause = Cause::closed;
        friend bool operator==(const TellAttempt&, const TellAttempt&) = default;
    };

    using Action = std::variant<
        Connect,
        Request,
        Read,
        AwaitRelease,
        Wait,
        Finish,
        Close,
        TellAttached,
        TellBytes,
        TellEnd,
        TellAttempt>;
    using Actions = std::vector<Action>;

    explicit SubscriptionFsm(Options options);

    /// `now` from any steady clock; `random` between 0 and 1, for the jitter.
    [[nodiscard]] Actions step(const Happened& happened, Milliseconds now, double random);

    /// After BytesArrived comes AwaitRelease instead of Read, until release().
    void hold(Milliseconds now);
    void release(Milliseconds now);

    [[nodiscard]] State state() const { return state_; }

  private:
    void on(const Started& happened);
    void on(const Connected& happened);
    void on(const HeaderArrived& header);
    void on(const BytesArrived& happened);
    void on(const Ended& happened);
    void on(const Failed& failed);
    void on(const TimedOut& happened);
    void on(const Released& happened);
    void on(const WaitOver& happened);
    void on(const StopAsked& asked);

    void attempt();
    void go_on();
    void follow(const HeaderArrived& header);
    void read_on();
    void answered(bool by_redirect);
    void fail(Cause cause, std::string detail);
    [[nodiscard]] bool behind() const;

    [[nodiscard]] const Endpoint& member() const { return options_.members[member_]; }

    // In place: a moved temporary variant makes GCC 12 warn of an uninitialised string in optimised
    // builds.
    template <class Kind>
    void act(Kind action) {
        actions_.emplace_back(std::in_place_type<Kind>, std::move(action));
    }

    Options options_;
    Backoff backoff_;
    State state_ = State::idle;
    Actions actions_;
    Milliseconds now_{};
    double random_ = 0;

    // The attempt.
    std::size_t member_ = 0;
    Route route_;
    unsigned status_ = 0;
    Milliseconds attached_at_{};
    Milliseconds last_byte_at_{};

    // The attempt before.
    std::optional<Cause> unsettled_;         // why it ended, until this one has answered or failed
    std::optional<Endpoint> ended_session_;  // who served it, if it had attached

    // Back-pressure.
    std::optional<Milliseconds> held_since_;
    std::optional<Milliseconds> long_hold_ended_;
};

}  // namespace tally::connect
