#pragma once

#include "simulate/instances.hpp"

namespace tally::simulate {

/// Machines that fall silent with all their tasks, and come back with them or without.
class Agents {
  public:
    Agents(Cluster& cluster, Schedule& schedule, Random& random, Instances& instances);

    /// A random agent is lost. False when too many are already.
    bool lose();
    void back(Index agent);  ///< Wake::agent_back
    void gone(Index agent);  ///< Wake::agent_gone

  private:
    [[nodiscard]] std::vector<Index> tasks_of(Index agent) const;

    Cluster& cluster_;
    Schedule& schedule_;
    Random& random_;
    Instances& instances_;
    std::size_t down_ = 0;
};

}  // namespace tally::simulate
