#pragma once

#include "simulate/agents.hpp"
#include "simulate/ailments.hpp"
#include "simulate/requests.hpp"

namespace tally::simulate {

/// Decides what happens to the cluster next, and how soon: so often that the events all this causes
/// come at the wanted rate on average, in a mix near that of a large real cluster.
class Incidents {
  public:
    struct Hands {  ///< who carries them out
        Cluster& cluster;
        Schedule& schedule;
        Speech& speech;
        Random& random;
        Instances& instances;
        Ailments& ailments;
        Rollouts& rollouts;
        Requests& requests;
        Agents& agents;
    };

    Incidents(const Hands& hands, const Shape& shape);

    /// Wake::incident: lets one happen and asks for the next.
    void happen();
    /// Wake::stream_detached
    void detach_stream();
    void change_leader();

  private:
    void one();
    void request();
    void noise();
    void crash_loop();
    [[nodiscard]] Index some_instance();

    Hands to_;
    const double rate_;
    const double wait_min_us_;
    double debt_us_ = 0;  // the part of a millisecond that the schedule cannot express
    std::uint64_t happened_ = 0;
};

}  // namespace tally::simulate
