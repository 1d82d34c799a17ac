#include "deployment.hpp"

#include <algorithm>

namespace tally::model {

namespace {

constexpr std::uint8_t start_bit = 1, restart_bit = 2, scale_bit = 4, stop_bit = 8, other_bit = 16;

// Codes of LabelKind::deployment_kind, in the order of labels.cpp.
constexpr Code start_kind = 0, restart_kind = 1, scale_kind = 2, stop_kind = 3, mixed_kind = 4,
               none_kind = 5, unknown_kind = 6;

}  // namespace

StepKey key_of(decode::Step step) {
    StepKey key;
    std::string pair;
    for (const decode::Action& action : step) {
        pair.assign(action.name);
        pair += '\0';
        pair += action.app;
        const Hash128 hash = hash128(pair);
        key.sum.low += hash.low;
        key.sum.high += hash.high;
        ++key.actions;
    }
    return key;
}

std::uint8_t action_bit(std::string_view action) {
    if (action == "StartApplication" || action == "StartPod") {
        return start_bit;
    }
    if (action == "RestartApplication" || action == "RestartPod") {
        return restart_bit;
    }
    if (action == "ScaleApplication" || action == "ScalePod") {
        return scale_bit;
    }
    if (action == "StopApplication" || action == "StopPod") {
        return stop_bit;
    }
    return action.empty() || action == "ResolveArtifacts" ? std::uint8_t{0} : other_bit;
}

bool Deployment::keep(const DeploymentStep& step) {
    const bool is_empty = step.key.actions == 0;
    if (!has_room() || (is_empty && empty_steps == empty_steps_max)) {
        return false;
    }
    if (is_empty) {
        ++empty_steps;
    }
    steps.push_back(step);
    return true;
}

void Deployment::trim() {
    if (!closed() || steps.size() <= closed_steps_max) {
        return;
    }
    trimmed = true;
    std::erase_if(steps, [](const DeploymentStep& step) { return !step.open; });
    steps.shrink_to_fit();
}

TimeMs Deployment::duration() const {
    return started == no_time || !closed() ? no_time : std::max<TimeMs>(0, ended() - started);
}

Code Deployment::kind() const {
    if (!plan_known) {
        return unknown_kind;
    }
    const auto has = [this](std::uint8_t bits) { return (action_bits & bits) != 0; };
    if (action_bits == 0) {
        return none_kind;
    }
    if (has(restart_bit) && !has(start_bit | stop_bit)) {
        return restart_kind;
    }
    if (has(start_bit) && !has(restart_bit | stop_bit)) {
        return start_kind;
    }
    if (action_bits == scale_bit) {
        return scale_kind;
    }
    return action_bits == stop_bit ? stop_kind : mixed_kind;
}

}  // namespace tally::model
