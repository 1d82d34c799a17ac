#pragma once

#include "simulate/incidents.hpp"

namespace tally::simulate {

/// The life of a cluster under one Marathon, in simulated time: what happens is said to the outlet.
/// The same shape gives the same events. It keeps who is there now, never what was. One thread; the
/// outlet outlives it.
class Life {
  public:
    Life(const Shape& shape, Outlet& outlet);

    /// On to the next moment at which something may happen; says nothing or a few events.
    void step();

    [[nodiscard]] const Cluster& cluster() const { return cluster_; }

    [[nodiscard]] const Rollouts& rollouts() const { return rollouts_; }

    [[nodiscard]] TimeMs now() const { return schedule_.now(); }

    /// From now on events bear this time instead of the simulated one.
    void set_stamp(TimeMs wall) { schedule_.set_stamp(wall); }

    /// Another Marathon leads from now on.
    void change_leader() { incidents_.change_leader(); }

    /// Every stored deployment begins again from its first step.
    void rerun() { rollouts_.rerun_all(); }

    [[nodiscard]] const Schedule& schedule() const { return schedule_; }

  private:
    void wake_instance(const Wake& wake);
    void wake_rollout(const Wake& wake);

    Random random_;
    Schedule schedule_;
    Cluster cluster_;
    Speech speech_;
    Instances instances_;
    Ailments ailments_;
    Rollouts rollouts_;
    Requests requests_;
    Agents agents_;
    Incidents incidents_;
};

}  // namespace tally::simulate
