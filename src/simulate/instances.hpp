#pragma once

#include "simulate/cluster.hpp"
#include "simulate/schedule.hpp"
#include "simulate/speech.hpp"

namespace tally::simulate {

/// The life of an instance and its task, as it shows on the wire:
///
///   1.3         STAGING ----------------> [STARTING] -> RUNNING -> KILLING -> KILLED
///   1.4, 1.5    Created -> [STAGING] ---> [STARTING] -> RUNNING -> ...
///   1.8         Scheduled -> Provisioned -> (the same) ... -> Failed -> Provisioned -> ... same
///   id, next task any phase -> LOST/UNREACHABLE -> RUNNING | end
///
/// After each change the instance's app is asked to be steered (Rollouts does that). References are
/// to outlive it.
class Instances {
  public:
    enum class Why { decommissioned, unhealthy };

    Instances(Cluster& cluster, Schedule& schedule, Speech& speech, Random& random);

    void launch(Index app);
    /// A kill request; the end comes later, or at once for what never ran. No effect while one is
    /// under way.
    void kill(Index instance, Why why);
    /// The process ends by itself.
    void crash(Index instance);
    void finish(Index instance);
    void lose(Index instance);     ///< its agent is silent
    void restore(Index instance);  ///< ... and is back
    void expunge(Index instance);  ///< ... and will never be

    void advance(Index instance);   ///< Wake::advance
    void killed(Index instance);    ///< Wake::killed
    void relaunch(Index instance);  ///< Wake::relaunch
    void inactive(Index instance);  ///< Wake::inactive

    /// Asks for the app to be steered soon.
    void poke(Index app, TimeMs wait = 1);

  private:
    void place(Instance& instance);
    void run(Index index);
    void fail_start(Index index);
    void wait_for(Index index, Wake::What what, TimeMs low, TimeMs high);
    void enter(Instance& instance, TaskState state, Condition condition, std::string_view message);
    void change(Instance& instance, Condition condition);
    void end(Index index, TaskState state, Condition condition, std::string_view message);
    void remember_failure(const Instance& instance, TaskState state, std::string_view message);

    Cluster& cluster_;
    Schedule& schedule_;
    Speech& speech_;
    Random& random_;
    std::uint32_t forgotten_ = 0;  // tasks left in UNKNOWN or GONE_BY_OPERATOR for ever
};

}  // namespace tally::simulate
