#include <algorithm>

#include "deployments.hpp"

// What a snapshot shows of deployments: that one runs of which nothing was heard, or that one is gone without a
// final event. Nothing of it is counted where events are, and nothing corrects what was counted: the first final
// event is the first count.
namespace tally::model {

namespace {

/// The plan as an event would tell it. Views into the difference.
struct Plan {
    explicit Plan(const Difference& difference) : actions(difference.steps.size()) {
        for (std::size_t i = 0; i < actions.size(); ++i) {
            for (const Difference::Action& action : difference.steps[i]) {
                actions[i].push_back({.name = action.name, .app = action.app});
            }
            steps.emplace_back(actions[i]);
        }
    }

    std::vector<std::vector<decode::Action>> actions;
    std::vector<decode::Step> steps;
};

}  // namespace

void Deployments::infer_running(const Difference& difference, Batch& out) {
    const Hash128 key = hash128(difference.id);
    Slot slot = pool_.find(key);
    const bool born = slot == no_slot;
    if (!born && !pool_[slot].gone()) {
        return;
    }
    if (born) {
        slot = pool_.insert(key);
        names_.keep(slot, difference.id);
        tell_birth(pool_, Birth::Kind::deployment, slot, difference.id, forgotten_ != 0, out);
    } else {
        open(slot, difference.id);
    }
    Deployment& deployment = pool_[slot];
    deployment.inferred = true;
    deployment.has_info = true;  // it runs, so it has begun; when is not known, and no later event tells
    if (deployment.requested == no_time && difference.requested != no_time) {
        deployment.requested = difference.requested;
        requested_.emplace(difference.requested, slot);
    }
    if (!difference.steps.empty()) {
        const Plan plan(difference);
        decode::Event event;
        event.plan_known = true;
        event.steps = plan.steps;
        learn_plan(slot, event, out);
    }
    if (born) {
        take_as_done(slot, difference.steps_done, out);
    }
    write_row(slot, {}, out);
    out.deployments.back().born = born;
    out.deployments.back().name = born ? out.names.keep(difference.id) : std::string_view{};
}

/// The steps before the current one are done, the current one is open: since when is not known.
void Deployments::take_as_done(Slot slot, std::int64_t steps_done, Batch& out) {
    Deployment& deployment = pool_[slot];
    constexpr std::int64_t believed_max = 1'000'000'000;
    deployment.steps_done = std::clamp<std::int64_t>(steps_done, 0, believed_max);
    if (deployment.plan_known) {
        deployment.steps_done = std::min(deployment.steps_done, deployment.step_count);
    }
    for (DeploymentStep& step : deployment.steps) {
        if (step.number > deployment.steps_done + 1) {
            break;
        }
        step.open = step.number == deployment.steps_done + 1;
        step.result = step.open ? none_code : outcome::success;
        write_step(slot, step, out);
    }
}

void Deployments::infer_gone(std::string_view id, const Moment& now, Batch& out) {
    const Slot slot = pool_.find(hash128(id));
    if (slot == no_slot || !pool_[slot].is_open()) {
        return;
    }
    Deployment& deployment = pool_[slot];
    deployment.outcome = outcome::unknown;
    deployment.inferred = true;
    close(slot, now);
    books_.numbers.add(
        Family::deployments_inferred, no_app, outcome::unknown, deployment.kind(), 1
    );
    write_row(slot, {}, out);
    forget_oldest();
}

}  // namespace tally::model
