#pragma once

#include "simulate/rollouts.hpp"

namespace tally::simulate {

/// What operators and their tools ask of Marathon: each call is one request of one kind. False when
/// the cluster offers no app for it (nothing was said then).
class Requests {
  public:
    Requests(
        Cluster& cluster,
        Schedule& schedule,
        Speech& speech,
        Random& random,
        Rollouts& rollouts,
        const Shape& shape
    );

    bool update();        ///< a new version of an app
    bool scale();         ///< another number of instances
    bool create();        ///< an app that is not there
    bool remove();        ///< an app that is
    bool change_group();  ///< several apps of one group, in several steps
    bool nothing();       ///< a PUT that changes nothing
    bool locked();        ///< a change of an app under deployment, refused
    bool force();         ///< the same, forced: the running deployment is cancelled
    bool roll_back();     ///< DELETE of a deployment: the reverse one follows
    bool abandon();       ///< DELETE ?force=true

  private:
    /// A random app that exists and is (not) under deployment; nobody after some tries.
    Index some_app(bool under_deployment);
    Index some_spare();
    [[nodiscard]] std::uint32_t other_target(const App& app);
    std::vector<Step> reverse(const Rollout& rollout);

    Cluster& cluster_;
    Schedule& schedule_;
    Speech& speech_;
    Random& random_;
    Rollouts& rollouts_;
    const std::uint32_t target_max_;
    std::uint64_t refused_ = 0;
};

}  // namespace tally::simulate
