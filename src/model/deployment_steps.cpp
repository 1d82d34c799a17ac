#include <algorithm>

#include <boost/unordered/unordered_flat_set.hpp>

#include "deployments.hpp"

// The steps of a deployment: opened, run again, closed.
namespace tally::model {

namespace {

constexpr TimeMs same_info_window_ms = 5000;

}  // namespace

void Deployments::add_step(Slot slot, decode::Step step, const StepKey& key, Batch& out) {
    Deployment& deployment = pool_[slot];
    ++deployment.step_count;
    learn_actions(slot, step, out);
    if (!deployment.keep({.key = key, .number = static_cast<std::uint32_t>(deployment.step_count)}
        )) {
        return;
    }
    write_step(slot, deployment.steps.back(), out);
    DeploymentStepRow& row = out.deployment_steps.back();
    row.born = true;
    for (const decode::Action& action : step) {
        row.actions.push_back({out.names.keep(action.name), out.names.keep(action.app)});
    }
    out.step_actions += step.size();
}

void Deployments::info(Slot slot, const decode::Event& event, const Moment& now, Batch& out) {
    Deployment& deployment = pool_[slot];
    const bool first = !deployment.has_info;
    deployment.has_info = true;
    if (first) {
        deployment.started = now.time;
    }
    if (deployment.closed()) {
        return;
    }
    if (first) {
        open_.emplace(now.time, slot);
    }
    if (!event.current_step) {
        return;
    }
    const StepKey key = key_of(*event.current_step);
    auto& steps = deployment.steps;
    const auto equal = [&key](const DeploymentStep& step) { return step.key == key; };
    const auto unfinished = [&key](const DeploymentStep& step) {
        return step.key == key && step.result == none_code;
    };
    auto step = std::find_if(steps.begin(), steps.end(), unfinished);
    if (step != steps.end() && step->open) {
        const bool by_another_way = now.connection != step->connection && step->started != no_time &&
                                    std::abs(now.time - step->started) <= same_info_window_ms;
        deployment.reruns += by_another_way ? 0 : 1;
        return;
    }
    if (step == steps.end()) {
        if (std::any_of(steps.begin(), steps.end(), equal)) {
            ++deployment.reruns;
            return;
        }
        if (key.actions == 0 || !deployment.has_room()) {
            return;
        }
        add_step(slot, *event.current_step, key, out);
        settle_apps(slot);
        step = steps.end() - 1;
    }
    step->open = true;
    step->started = now.time;
    step->connection = now.connection;
    write_step(slot, *step, out);
}

void Deployments::close_step(Slot slot, const decode::Event& event, const Moment& now, Batch& out) {
    Deployment& deployment = pool_[slot];
    if (!event.current_step) {
        return;
    }
    const StepKey key = key_of(*event.current_step);
    auto& steps = deployment.steps;
    const auto find = [&](bool must_be_open) {
        return std::find_if(steps.begin(), steps.end(), [&](const DeploymentStep& step) {
            return step.key == key && step.result == none_code && (step.open || !must_be_open);
        });
    };
    auto step = find(true);
    step = step != steps.end() ? step : find(false);
    if (step == steps.end()) {
        const auto equal = [&key](const DeploymentStep& done) { return done.key == key; };
        if (key.actions == 0 || std::any_of(steps.begin(), steps.end(), equal)) {
            return;  // done already
        }
        if (!deployment.has_room()) {
            return;
        }
        add_step(slot, *event.current_step, key, out);
        settle_apps(slot);
        step = steps.end() - 1;
    }
    const bool success = event.type == decode::EventType::deployment_step_success;
    step->open = false;
    step->result = success ? outcome::success : outcome::failed;
    step->ended = now.time;
    deployment.steps_done += success ? 1 : 0;
    write_step(slot, *step, out);
    if (step->started != no_time) {
        observe_step(*event.current_step, std::max<TimeMs>(0, step->ended - step->started), out);
    }
}

/// Once per distinct action.
void Deployments::observe_step(decode::Step step, TimeMs duration, Batch& out) {
    boost::unordered_flat_set<std::string_view> observed;
    for (const decode::Action& action : step) {
        if (!action.name.empty() && observed.insert(action.name).second) {
            const Code code = books_.code(LabelKind::action, action.name, out);
            books_.numbers.observe(HistogramFamily::step_duration, code, duration);
        }
    }
}

}  // namespace tally::model
