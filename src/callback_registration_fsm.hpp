#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace tally {

/// Keeps our URL in a Marathon's list of event subscriptions, as a machine without socket or clock.
///
///   Wanted          listed                       not listed              2xx
///  --------> listing ------> resting      listing ----------> subscribing ---> resting
///    ^          |               ^  400, 404, 422 (told once)      |
///    |          +---------------+---------------------------------+
///    |          | any other answer, or none
///    +--- WaitOver -- waiting (1, 2, 4 ... 30 s, at the next member)
///
/// Wanted, from start and from every reconciliation, begins anew from resting and waiting; while a request is under way
/// it is remembered. StopAsked: `leaving` (DELETE, if the URL may be listed) and then `finished`, within patience.
class CallbackRegistrationFsm {
  public:
    using Milliseconds = std::chrono::milliseconds;
    enum class State { resting, listing, subscribing, waiting, leaving, finished };
    enum class Errand { list, subscribe, unsubscribe };

    static constexpr Milliseconds wait_first{1000}, wait_max{30'000};
    static constexpr Milliseconds patience{2000};  ///< with the DELETE, and a POST before it

    // What happened.
    struct Wanted {};

    struct Answered {
        Errand errand{};      ///< which one was answered; another than that under way is ignored
        unsigned status = 0;  ///< 0: no answer came
        bool readable = true; ///< for list: the answer was a list
        bool listed = false;  ///< for list: and holds our URL
    };

    struct WaitOver {};

    struct StopAsked {};

    struct PatienceOver {};

    using Happened = std::variant<Wanted, Answered, WaitOver, StopAsked, PatienceOver>;

    // What to do.
    struct Ask {
        Errand errand{};
        std::size_t member = 0;
        friend bool operator==(const Ask&, const Ask&) = default;
    };

    /// In the place of a wait before it.
    struct Wait {
        Milliseconds length{};
        friend bool operator==(const Wait&, const Wait&) = default;
    };

    /// Say PatienceOver after so long, whatever else happens.
    struct BePatient {
        Milliseconds length{};
        friend bool operator==(const BePatient&, const BePatient&) = default;
    };

    struct Finish {
        friend bool operator==(const Finish&, const Finish&) = default;
    };

    // What to tell people.
    struct TellRegistered {  ///< by a POST of ours
        friend bool operator==(const TellRegistered&, const TellRegistered&) = default;
    };

    /// This Marathon takes no callbacks, or not this URL; tried again after the next reconciliation.
    struct TellRefused {
        unsigned status = 0;
        friend bool operator==(const TellRefused&, const TellRefused&) = default;
    };

    /// The first failure of a row.
    struct TellFailed {
        unsigned status = 0;
        friend bool operator==(const TellFailed&, const TellFailed&) = default;
    };

    /// We stop, and the URL may still be listed.
    struct TellLeftBehind {
        friend bool operator==(const TellLeftBehind&, const TellLeftBehind&) = default;
    };

    using Action =
        std::variant<Ask, Wait, BePatient, Finish, TellRegistered, TellRefused, TellFailed, TellLeftBehind>;
    using Actions = std::vector<Action>;

    /// `members` is the number of the source's URLs, at least 1.
    explicit CallbackRegistrationFsm(std::size_t members) : members_(members) {}

    [[nodiscard]] Actions step(const Happened& happened);

    [[nodiscard]] State state() const { return state_; }

  private:
    void on(const Wanted& happened);
    void on(const Answered& answer);
    void on(const WaitOver& happened);
    void on(const StopAsked& happened);
    void on(const PatienceOver& happened);

    void ask(State state, Errand errand);
    void take_list(const Answered& answer);
    void take_subscribe(const Answered& answer);
    void rest();
    void fail(unsigned status);
    void refuse(unsigned status);
    void finish();
    [[nodiscard]] bool under_way(Errand errand) const;

    template <class Kind>
    void act(Kind action) {
        actions_.emplace_back(std::in_place_type<Kind>, std::move(action));
    }

    std::size_t members_;
    std::size_t member_ = 0;
    State state_ = State::resting;
    Actions actions_;
    unsigned failures_ = 0;       // in a row
    bool wanted_again_ = false;   // while a request was under way
    bool perhaps_listed_ = false; // by us, or found so
    bool told_refused_ = false;
    bool stopping_ = false;
};

}  // namespace tally
