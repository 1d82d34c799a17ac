#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulate/instances.hpp"

namespace tally::simulate {

/// A deployment under way. It locks its apps.
struct Rollout {
    std::shared_ptr<const Plan> plan{};
    std::string group;  ///< what group_change_success will name
    std::size_t step = 0;
    bool used = false;
    bool open = false;       ///< the step has been begun
    bool announced = false;  ///< its request has been acknowledged on the bus
    std::uint32_t generation = 0;

    struct Before {
        Index app = nobody;
        std::uint32_t target = 0;
        bool existed = false;
    };

    std::vector<Before> before{};  ///< for the way back
};

/// Carries out deployments step by step, and brings each app to its target, also without a
/// deployment.
///
///   start -> deployment_info(1), the request's own events -> instances move ->
///   deployment_step_success
///         -> deployment_info(2) ... -> deployment_success
///   cancel at any point -> deployment_step_failure, deployment_failed
class Rollouts {
  public:
    enum class Cancel { silent, with_reason };
    enum class Begin { soon, at_once };

    Rollouts(
        Cluster& cluster, Schedule& schedule, Speech& speech, Random& random, Instances& instances
    );

    /// Locks the apps of the plan, which nobody else may hold. A plan without steps is done at
    /// once.
    void start(
        std::vector<Step> steps, std::string group, TimeMs requested, Begin begin = Begin::soon
    );
    /// Unlocks its apps; they stay as far as they have come. Says nothing: see say_canceled.
    Rollout detach(Index rollout);
    /// In 1.5 with a deployment_success for the same id, as that version did.
    void say_canceled(const Rollout& rollout, Cancel how);
    /// A new leader runs every stored deployment again from its first step.
    void rerun_all();

    void begin_step(Index rollout);  ///< Wake::begin_step
    void steer(Index app);           ///< Wake::steer

    [[nodiscard]] const std::vector<Rollout>& all() const { return rollouts_; }

  private:
    struct Census {
        std::uint32_t ready = 0;
        std::uint32_t coming = 0;
        std::uint32_t old = 0;
        std::uint32_t ending = 0;
    };

    [[nodiscard]] Census count(const App& app) const;
    [[nodiscard]] bool done(const Action& action) const;
    void apply(const Action& action, const Plan& plan);
    void check(Index rollout);
    void announce(Rollout& rollout);
    void end_app(Index app);
    void kill_some(const App& app, std::uint32_t how_many, bool old);
    [[nodiscard]] bool is_old(const App& app, const Instance& instance) const;

    Cluster& cluster_;
    Schedule& schedule_;
    Speech& speech_;
    Random& random_;
    Instances& instances_;
    std::vector<Rollout> rollouts_;
    std::uint64_t serials_ = 0;
};

}  // namespace tally::simulate
