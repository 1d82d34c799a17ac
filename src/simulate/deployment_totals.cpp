#include "simulate/deployment_totals.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace tally::simulate {

namespace {

constexpr TimeMs related_ms = 5000;

bool same_step(const Step& one, const Step& other) {  // equal as multisets of (action, app)
    const auto equal = [](const Action& a, const Action& b) {
        return a.verb == b.verb && a.app == b.app;
    };
    return std::is_permutation(one.begin(), one.end(), other.begin(), other.end(), equal);
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    static constexpr std::array<std::string_view, 5> names{
        "running", "success", "failed", "canceled", "rejected"};
    return names[static_cast<std::size_t>(outcome)];
}

std::string_view name_of(Kind kind) {
    static constexpr std::array<std::string_view, 6> names{
        "none", "start", "restart", "scale", "stop", "mixed"};
    return names[static_cast<std::size_t>(kind)];
}

Kind kind_of(const Plan& plan) {
    std::array<bool, 4> has{};
    for (const Step& step : plan.steps) {
        for (const Action& action : step) {
            has[static_cast<std::size_t>(action.verb)] = true;
        }
    }
    const auto [start, scale, restart, stop] = has;
    if (!start && !scale && !restart && !stop) {
        return Kind::none;
    }
    if (restart) {
        return start || stop ? Kind::mixed : Kind::restart;
    }
    if (start) {
        return stop ? Kind::mixed : Kind::start;
    }
    if (scale && stop) {
        return Kind::mixed;
    }
    return scale ? Kind::scale : Kind::stop;
}

DeploymentTotals::Deployment& DeploymentTotals::find(const Said& said) {
    const auto [at, fresh] = all_.try_emplace(said.plan->serial);
    Deployment& deployment = at->second;
    if (!fresh) {
        return deployment;
    }
    ++known_;
    deployment.plan = said.plan;
    deployment.steps.resize(said.plan->steps.size());
    for (const Step& step : said.plan->steps) {
        for (const Action& action : step) {
            deployment.apps.push_back(action.app);
        }
    }
    std::sort(deployment.apps.begin(), deployment.apps.end());
    deployment.apps.erase(
        std::unique(deployment.apps.begin(), deployment.apps.end()), deployment.apps.end()
    );
    for (const std::uint32_t app : deployment.apps) {
        of_app_[app].push_back(said.plan->serial);
    }
    of_version_[said.plan->version].push_back(said.plan->serial);
    return deployment;
}

void DeploymentTotals::info(const Said& said) {
    Deployment& deployment = find(said);
    const bool first = !deployment.started;
    if (first) {
        deployment.started = said.time;
    }
    if (deployment.outcome == Outcome::running) {
        open_step(deployment, said);
    } else {
        measure(deployment);
        judge(deployment);  // one without any deployment_info may have been called rejected
    }
    if (first) {
        for (const std::uint32_t app : deployment.apps) {
            for (const std::uint64_t other : of_app_[app]) {
                judge_again(all_.at(other), deployment);
            }
        }
    }
}

/// A failed deployment becomes a cancelled one when a related one begins, however late we hear of
/// it.
void DeploymentTotals::judge_again(Deployment& failed, const Deployment& begun) {
    if (failed.outcome == Outcome::failed && &failed != &begun &&
        std::abs(begun.plan->version - *failed.failed) < related_ms) {
        judge(failed);
    }
}

void DeploymentTotals::open_step(Deployment& deployment, const Said& said) {
    const std::vector<Step>& planned = deployment.plan->steps;
    for (std::size_t i = 0; i < planned.size(); ++i) {
        StepState& state = deployment.steps[i];
        if (state.done || !same_step(planned[i], planned[said.step])) {
            continue;
        }
        if (state.open) {
            break;
        }
        state.open = true;
        state.started = said.time;
        return;
    }
    ++reruns;
}

void DeploymentTotals::step_ended(const Said& said) {
    close_step(find(said), said);
}

void DeploymentTotals::close_step(Deployment& deployment, const Said& said) {
    const std::vector<Step>& planned = deployment.plan->steps;
    StepState* closing = nullptr;
    for (std::size_t i = 0; i < planned.size(); ++i) {
        StepState& state = deployment.steps[i];
        if (state.done || !same_step(planned[i], planned[said.step])) {
            continue;
        }
        if (closing == nullptr || (state.open && !closing->open)) {
            closing = &state;
        }
    }
    if (closing == nullptr) {
        return;
    }
    closing->open = false;
    closing->done = true;
    ++(said.type == EventType::deployment_step_success ? step_successes : step_failures);
    if (!closing->started) {
        return;
    }
    std::array<bool, 8> seen{};
    for (const Action& action : planned[said.step]) {
        const std::size_t name = static_cast<std::size_t>(action.verb) * 2 + (action.pod ? 1 : 0);
        if (!seen[name]) {
            seen[name] = true;
            ++steps[pack(0, name / 2, name % 2)];
            steps_ms[pack(0, name / 2, name % 2)] +=
                static_cast<std::uint64_t>(std::max<TimeMs>(0, said.time - *closing->started));
        }
    }
}

void DeploymentTotals::final_event(const Said& said) {
    Deployment& deployment = find(said);
    if (said.type == EventType::deployment_success) {
        deployment.succeeded = deployment.succeeded.value_or(said.time);
    } else if (!deployment.failed) {
        deployment.failed = said.time;
        deployment.cancels = said.cancels;
    }
    judge(deployment);
    measure(deployment);
}

void DeploymentTotals::group_change_failed(TimeMs version) {
    if (refused_.insert(version).second) {
        refused_order_.push_back(version);
        if (refused_order_.size() > ended_max) {
            refused_.erase(refused_order_.front());
            refused_order_.pop_front();
        }
    }
    const auto found = of_version_.find(version);
    if (found == of_version_.end()) {
        return;
    }
    for (const std::uint64_t serial : found->second) {
        judge(all_.at(serial));
    }
}

Outcome DeploymentTotals::outcome_of(const Deployment& deployment) const {
    if (!deployment.failed) {
        return deployment.succeeded ? Outcome::success : Outcome::running;
    }
    if (!deployment.started && refused_.contains(deployment.plan->version)) {
        return Outcome::rejected;
    }
    if (deployment.cancels || deployment.outcome == Outcome::canceled) {
        return Outcome::canceled;
    }
    for (const std::uint32_t app : deployment.apps) {
        for (const std::uint64_t serial : of_app_.at(app)) {
            const Deployment& other = all_.at(serial);
            if (&other != &deployment && other.started &&
                std::abs(other.plan->version - *deployment.failed) < related_ms) {
                return Outcome::canceled;
            }
        }
    }
    return Outcome::failed;
}

void DeploymentTotals::judge(Deployment& deployment) {
    const Outcome before = deployment.outcome;
    const Outcome now = outcome_of(deployment);
    if (now == before) {
        return;
    }
    deployment.outcome = now;
    if (before != Outcome::running) {
        ++corrections[pack(0, static_cast<std::uint64_t>(before), static_cast<std::uint64_t>(now))];
        return;
    }
    const Kind kind = kind_of(*deployment.plan);
    ++deployments[pack(0, static_cast<std::uint64_t>(now), static_cast<std::uint64_t>(kind))];
    for (const std::uint32_t app : deployment.apps) {
        ++apps[pack(app, static_cast<std::uint64_t>(now))];
    }
    ++closed_;
    ended_.push_back(deployment.plan->serial);
}

void DeploymentTotals::measure(Deployment& deployment) {
    if (deployment.duration) {
        --durations_;
        durations_ms_ -= *deployment.duration;
        deployment.duration.reset();
    }
    const std::optional<TimeMs> ended =
        deployment.failed ? deployment.failed : deployment.succeeded;
    if (ended && deployment.started) {
        deployment.duration = std::max<TimeMs>(0, *ended - *deployment.started);
        ++durations_;
        durations_ms_ += *deployment.duration;
    }
    if (deployment.failed && deployment.succeeded && !deployment.contradicted) {
        deployment.contradicted = true;
        ++contradicted;
    }
    forget_oldest();
}

void DeploymentTotals::forget_oldest() {
    if (ended_.size() <= ended_max) {
        return;
    }
    const std::uint64_t serial = ended_.front();
    ended_.pop_front();
    const Deployment& deployment = all_.at(serial);
    for (const std::uint32_t app : deployment.apps) {
        std::erase(of_app_[app], serial);
    }
    const auto version = of_version_.find(deployment.plan->version);
    std::erase(version->second, serial);
    if (version->second.empty()) {
        of_version_.erase(version);
    }
    all_.erase(serial);
}

}  // namespace tally::simulate
