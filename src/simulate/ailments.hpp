#pragma once

#include "simulate/instances.hpp"

namespace tally::simulate {

/// Health as Marathon sees it: one check per app at most, so a flip of the check is a flip of the
/// instance. A healthy probe says nothing on the wire, so only failing instances are probed one by
/// one.
class Ailments {
  public:
    Ailments(
        Cluster& cluster, Schedule& schedule, Speech& speech, Random& random, Instances& instances
    );

    /// A running instance begins to fail: a few probes, then it recovers (flap) or is killed
    /// (sick). False when it has no check or is not healthy now.
    bool flap(Index instance);
    bool sicken(Index instance);

    /// Wake::probe
    void probe(Index instance);

  private:
    bool begin(Index index, std::uint16_t failures, bool sick);
    void succeed(Index index);
    void fail(Index index);
    void turn(Instance& instance, Health health);
    void again(Index index);

    Cluster& cluster_;
    Schedule& schedule_;
    Speech& speech_;
    Random& random_;
    Instances& instances_;
};

}  // namespace tally::simulate
