#include "deployments.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>

#include <boost/unordered/unordered_flat_map.hpp>

namespace tally::model {

namespace {

bool says_cancel(std::string_view reason) {
    constexpr std::string_view word = "cancel";
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b;
    };
    return std::search(reason.begin(), reason.end(), word.begin(), word.end(), same) !=
           reason.end();
}

}  // namespace

Slot Deployments::apply(const decode::Event& event, const Moment& now, Batch& out) {
    const Hash128 key = hash128(event.deployment_id);
    Slot slot = pool_.find(key);
    const bool born = slot == no_slot;
    if (born) {
        slot = pool_.insert(key);
        names_.keep(slot, event.deployment_id);
        tell_birth(pool_, Birth::Kind::deployment, slot, event.deployment_id, forgotten_ != 0, out);
    } else if (has_final(slot, event.type)) {
        return slot;  // a second final of one kind changes nothing
    } else if (pool_[slot].gone()) {
        open(slot, event.deployment_id);
    }
    pool_[slot].inferred = false;
    pool_[slot].heard = now.heard();
    const auto grounds = [&deployment = pool_[slot]] {
        return std::tuple(
            deployment.has_info, deployment.requested, deployment.apps.size(), deployment.failed
        );
    };
    const auto before = grounds();
    learn_plan(slot, event, out);
    switch (event.type) {
        case decode::EventType::deployment_info:
            info(slot, event, now, out);
            break;
        case decode::EventType::deployment_step_success:
        case decode::EventType::deployment_step_failure:
            close_step(slot, event, now, out);
            break;
        default:
            final_event(slot, event, now, out);
            break;
    }
    if (grounds() != before) {
        judge(slot, now, out);
        judge_rivals_of(slot, now, out);
    }
    write_row(
        slot,
        event.type == decode::EventType::deployment_failed ? event.reason : std::string_view{},
        out
    );
    out.deployments.back().born = born;
    out.deployments.back().name = born ? out.names.keep(event.deployment_id) : std::string_view{};
    pool_[slot].trim();
    forget_oldest();
    return slot;
}

/// Fills what is unknown; a plan once known stays.
void Deployments::learn_plan(Slot slot, const decode::Event& event, Batch& out) {
    Deployment& deployment = pool_[slot];
    if (deployment.requested == no_time) {
        if (const auto requested = parse_timestamp(event.plan_version)) {
            deployment.requested = *requested;
            requested_.emplace(*requested, slot);
        }
    }
    if (deployment.plan_known || !event.plan_known) {
        return;
    }
    deployment.plan_known = true;
    // Steps that were heard of before the plan keep their rows; each covers one equal step of the
    // plan.
    boost::unordered_flat_map<Hash128, std::uint32_t, Hash128Hasher> heard;
    for (const DeploymentStep& step : deployment.steps) {
        ++heard[step.key.sum];
    }
    const std::int64_t heard_count = deployment.step_count;
    for (const decode::Step step : event.steps) {
        const StepKey key = key_of(step);
        const auto found = heard.find(key.sum);
        if (found != heard.end() && found->second > 0) {
            --found->second;
            continue;
        }
        add_step(slot, step, key, out);
    }
    if (deployment.trimmed) {  // which of the plan's steps were heard is not known any more
        deployment.step_count =
            std::max(heard_count, static_cast<std::int64_t>(event.steps.size()));
    }
    settle_apps(slot);
}

/// An action without a name is none of the names.
Code Deployments::action_code(std::string_view name, Batch& out) {
    return name.empty() ? none_code : books_.code(LabelKind::action, name, out);
}

void Deployments::learn_actions(Slot slot, decode::Step step, Batch& out) {
    Deployment& deployment = pool_[slot];
    for (const decode::Action& action : step) {
        deployment.action_bits |= action_bit(action.name);
        if (action.app.empty()) {
            continue;
        }
        const Apps::Index app = books_.apps.intern(action.app);
        const Code code = action_code(action.name, out);
        const std::uint64_t pair = (std::uint64_t{app} << 16) | code;
        const auto& pairs = deployment.app_actions;
        // Names past the codes are told each time: record keeps equal rows once.
        const bool is_new =
            code == other_code || (!std::binary_search(pairs.begin(), pairs.end(), pair) &&
                                   new_app_actions_.insert(pair).second);
        if (is_new) {
            new_apps_.push_back(app);
            out.deployment_apps.push_back(
                {.deployment = slot,
                 .app = books_.apps[app].row,
                 .action = out.names.keep(action.name)}
            );
        }
    }
}

/// Puts what learn_actions found among the deployment's apps: once per plan, since a plan may be
/// huge.
void Deployments::settle_apps(Slot slot) {
    Deployment& deployment = pool_[slot];
    const auto merge = [](auto& all, const auto& fresh) {
        const auto middle = static_cast<std::ptrdiff_t>(all.size());
        all.insert(all.end(), fresh.begin(), fresh.end());
        std::sort(all.begin() + middle, all.end());
        std::inplace_merge(all.begin(), all.begin() + middle, all.end());
        all.erase(std::unique(all.begin(), all.end()), all.end());
    };
    const std::size_t before = deployment.apps.size();
    merge(deployment.apps, new_apps_);
    if (deployment.closed()) {
        closed_apps_ += deployment.apps.size() - before;
    } else {
        merge(deployment.app_actions, new_app_actions_);
    }
    // Of a huge plan no memory is kept: clearing it would cost every later event its size.
    std::vector<Apps::Index>().swap(new_apps_);
    boost::unordered_flat_set<std::uint64_t>().swap(new_app_actions_);
    deployment.steps.shrink_to_fit();
}

bool Deployments::has_final(Slot slot, decode::EventType type) const {
    const Deployment& deployment = pool_[slot];
    return (type == decode::EventType::deployment_success && deployment.succeeded != no_time) ||
           (type == decode::EventType::deployment_failed && deployment.failed != no_time);
}

void Deployments::final_event(
    Slot slot, const decode::Event& event, const Moment& now, Batch& out
) {
    Deployment& deployment = pool_[slot];
    const bool failure = event.type == decode::EventType::deployment_failed;
    TimeMs& time = failure ? deployment.failed : deployment.succeeded;
    const bool first = !deployment.closed();
    time = now.time;
    deployment.contradicted = !first;
    if (failure) {
        deployment.reason_cancels = says_cancel(event.reason);
        failed_.emplace(now.time, slot);
    }
    if (!first) {
        return;
    }
    deployment.outcome = outcome_of(slot);
    count(slot, out);
    std::vector<std::uint64_t>().swap(deployment.app_actions);
    close(slot, now);
}

/// It runs no more; its outcome says why.
void Deployments::close(Slot slot, const Moment& now) {
    Deployment& deployment = pool_[slot];
    deployment.closed_seq = now.seq;
    if (deployment.started != no_time) {
        open_.erase({deployment.started, slot});
    }
    names_.drop(slot);
    closed_apps_ += deployment.weight();
    pool_.make_idle(slot);
}

/// One that was gone runs, or is about to be closed by what was seen.
void Deployments::open(Slot slot, std::string_view id) {
    Deployment& deployment = pool_[slot];
    closed_apps_ -= deployment.weight();
    deployment.outcome = outcome::running;
    deployment.closed_seq = 0;
    if (deployment.started != no_time) {
        open_.emplace(deployment.started, slot);
    }
    names_.keep(slot, id);
    pool_.make_busy(slot);
}

/// At the deciding event, with what is known then; never again.
void Deployments::count(Slot slot, Batch& out) {
    Deployment& deployment = pool_[slot];
    deployment.counted_outcome = deployment.outcome;
    deployment.counted_kind = deployment.kind();
    out.deployment_apps.push_back({.deployment = slot});
    books_.numbers.add(Family::deployments, no_app, deployment.outcome, deployment.counted_kind, 1);
    const TimeMs duration = deployment.duration();
    if (duration != no_time) {
        books_.numbers.observe(HistogramFamily::deployment_duration, deployment.outcome, duration);
    }
    for (const Apps::Index index : deployment.apps) {
        books_.numbers.add(
            Family::app_deployments, books_.apps.label(index), deployment.outcome, 0, 1
        );
        show_last(index, deployment.ended(), duration);
    }
}

/// The app's last ended deployment, if its start was seen: time and duration are those of one
/// deployment. So one that is rejected, before or after it failed, is none: it never started.
void Deployments::show_last(Apps::Index index, TimeMs ended, TimeMs duration) {
    App& app = books_.apps[index];
    if (duration == no_time || ended < app.last_deployment_ended) {
        return;
    }
    app.last_deployment_ended = ended;
    app.last_deployment_ms = duration;
    books_.apps.touch(index);
}

void Deployments::forget_oldest() {
    while (pool_.idle_count() > closed_max_ || closed_apps_ > closed_apps_max_) {
        const Slot slot = pool_.idle_front();
        Deployment& oldest = pool_[slot];
        forgotten_ = oldest.closed_seq;
        requested_.erase({oldest.requested, slot});
        failed_.erase({oldest.failed, slot});
        closed_apps_ -= oldest.weight();
        pool_.erase(slot);
        std::vector<DeploymentStep>().swap(oldest.steps);  // the slot may be free for long
        std::vector<Apps::Index>().swap(oldest.apps);
        std::vector<std::uint64_t>().swap(oldest.app_actions);
    }
}

}  // namespace tally::model
