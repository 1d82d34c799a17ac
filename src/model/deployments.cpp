#include "deployments.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>

#include <boost/unordered/unordered_flat_map.hpp>

namespace tally::model {

namespace {

constexpr TimeMs rival_window_ms = 5000;
constexpr TimeMs same_info_window_ms = 5000;

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
        tell_birth(
            pool_, Birth::Kind::deployment, slot, event.deployment_id, forgotten_ != 0, out
        );
    } else if (has_final(slot, event.type)) {
        return slot;  // a second final of one kind changes nothing
    }
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
    out.deployments.back().name =
        born ? out.names.keep(event.deployment_id) : std::string_view{};
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
    for (const decode::Step step : event.steps) {
        const auto found = heard.find(key_of(step).sum);
        if (found != heard.end() && found->second > 0) {
            --found->second;
            continue;
        }
        add_step(slot, step, out);
    }
    settle_apps(slot);
}

void Deployments::learn_actions(Slot slot, decode::Step step, Batch& out) {
    Deployment& deployment = pool_[slot];
    for (const decode::Action& action : step) {
        deployment.action_bits |= action_bit(action.name);
        if (action.app.empty()) {
            continue;
        }
        const Apps::Index app = books_.apps.intern(action.app);
        const Code code = books_.code(LabelKind::action, action.name, out);
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
    merge(deployment.apps, new_apps_);
    merge(deployment.app_actions, new_app_actions_);
    new_apps_.clear();
    new_app_actions_.clear();
}

void Deployments::add_step(Slot slot, decode::Step step, Batch& out) {
    Deployment& deployment = pool_[slot];
    deployment.steps.push_back({.key = key_of(step)});
    learn_actions(slot, step, out);
    write_step(slot, deployment.steps.size() - 1, out);
    DeploymentStepRow& row = out.deployment_steps.back();
    row.born = true;
    for (const decode::Action& action : step) {
        row.actions.push_back({out.names.keep(action.name), out.names.keep(action.app)});
    }
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
        const bool by_another_way = now.connection != step->connection &&
                                    std::abs(now.time - step->started) <= same_info_window_ms;
        deployment.reruns += by_another_way ? 0 : 1;
        return;
    }
    if (step == steps.end()) {
        if (std::any_of(steps.begin(), steps.end(), equal)) {
            ++deployment.reruns;
            return;
        }
        if (key.actions == 0) {
            return;
        }
        add_step(slot, *event.current_step, out);
        settle_apps(slot);
        step = steps.end() - 1;
    }
    step->open = true;
    step->started = now.time;
    step->connection = now.connection;
    write_step(slot, static_cast<std::size_t>(step - steps.begin()), out);
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
        add_step(slot, *event.current_step, out);
        settle_apps(slot);
        step = steps.end() - 1;
    }
    const bool success = event.type == decode::EventType::deployment_step_success;
    step->open = false;
    step->result = success ? outcome::success : outcome::failed;
    step->ended = now.time;
    write_step(slot, static_cast<std::size_t>(step - steps.begin()), out);
    if (step->started == no_time) {
        return;
    }
    std::vector<std::string_view> observed;
    for (const decode::Action& action : *event.current_step) {
        if (std::find(observed.begin(), observed.end(), action.name) == observed.end()) {
            observed.push_back(action.name);
            books_.numbers.observe(
                HistogramFamily::step_duration,
                books_.code(LabelKind::action, action.name, out),
                std::max<TimeMs>(0, step->ended - step->started)
            );
        }
    }
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
    deployment.closed_seq = now.seq;
    if (deployment.started != no_time) {
        open_.erase({deployment.started, slot});
    }
    deployment.outcome = outcome_of(slot);
    count(slot, out);
    pool_.make_idle(slot);
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
        App& app = books_.apps[index];
        app.last_deployment_ended = deployment.ended();
        app.last_deployment_ms = duration != no_time ? duration : app.last_deployment_ms;
        books_.apps.touch(index);
    }
}

/// Whether the outcome is still what it was. The grounds of a verdict (a rival, a refused version)
/// may be forgotten; that does not change it.
void Deployments::judge(Slot slot, const Moment& now, Batch& out) {
    const Deployment& deployment = pool_[slot];
    const bool stands = (deployment.outcome == outcome::canceled && !is_refused(slot)) ||
                        (deployment.outcome == outcome::rejected && !deployment.has_info);
    if (!stands) {
        correct(slot, outcome_of(slot), now, out);
    }
}

/// Another outcome than before is a correction.
void Deployments::correct(Slot slot, Code outcome, const Moment& now, Batch& out) {
    Deployment& deployment = pool_[slot];
    if (outcome == deployment.outcome) {
        return;
    }
    const Code from = deployment.outcome;
    deployment.outcome = outcome;
    books_.numbers.add(Family::deployment_corrections, no_app, from, outcome, 1);
    out.deployment_corrections.push_back(
        {.seq = now.seq,
         .time = now.time,
         .deployment = slot,
         .from = books_.labels.name(LabelKind::outcome, from),
         .to = books_.labels.name(LabelKind::outcome, outcome)}
    );
}

/// What this deployment has just shown may explain why others failed.
void Deployments::judge_rivals_of(Slot slot, const Moment& now, Batch& out) {
    const Deployment& deployment = pool_[slot];
    if (!deployment.has_info || deployment.requested == no_time) {
        return;
    }
    const TimeMs from = deployment.requested - rival_window_ms + 1;
    const TimeMs to = deployment.requested + rival_window_ms - 1;
    for (auto at = failed_.lower_bound({from, 0}); at != failed_.end() && at->first <= to; ++at) {
        const Deployment& loser = pool_[at->second];
        if (at->second != slot && loser.outcome == outcome::failed &&
            share_app(loser, deployment)) {
            correct(at->second, outcome::canceled, now, out);
            write_row(at->second, {}, out);
        }
    }
}

/// deployment_failed without any deployment_info, and the request of its version was refused.
bool Deployments::is_refused(Slot slot) const {
    const Deployment& deployment = pool_[slot];
    return deployment.failed != no_time && !deployment.has_info &&
           deployment.requested != no_time && refused_.contains(deployment.requested);
}

Code Deployments::outcome_of(Slot slot) const {
    const Deployment& deployment = pool_[slot];
    if (!deployment.closed()) {
        return outcome::running;
    }
    if (deployment.failed == no_time) {
        return outcome::success;
    }
    if (is_refused(slot)) {
        return outcome::rejected;
    }
    return deployment.reason_cancels || has_rival(slot) ? outcome::canceled : outcome::failed;
}

bool Deployments::has_rival(Slot slot) const {
    const Deployment& deployment = pool_[slot];
    const TimeMs from = deployment.failed - rival_window_ms + 1;
    const TimeMs to = deployment.failed + rival_window_ms - 1;
    for (auto at = requested_.lower_bound({from, 0}); at != requested_.end() && at->first <= to;
         ++at) {
        const Deployment& rival = pool_[at->second];
        if (at->second != slot && rival.has_info && share_app(deployment, rival)) {
            return true;
        }
    }
    return false;
}

bool Deployments::share_app(const Deployment& one, const Deployment& other) const {
    const auto& fewer = one.apps.size() < other.apps.size() ? one.apps : other.apps;
    const auto& more = one.apps.size() < other.apps.size() ? other.apps : one.apps;
    return std::any_of(fewer.begin(), fewer.end(), [&more](Apps::Index app) {
        return std::binary_search(more.begin(), more.end(), app);
    });
}

void Deployments::refuse(std::string_view version, const Moment& now, Batch& out) {
    const auto time = parse_timestamp(version);
    if (!time) {
        return;
    }
    restore_refused(*time);
    for (auto at = requested_.lower_bound({*time, 0}); at != requested_.end() && at->first == *time;
         ++at) {
        if (is_refused(at->second) && pool_[at->second].outcome != outcome::rejected) {
            correct(at->second, outcome::rejected, now, out);
            write_row(at->second, {}, out);
        }
    }
}

void Deployments::restore_refused(TimeMs version) {
    if (!refused_.insert(version).second) {
        return;
    }
    refused_order_.push_back(version);
    if (refused_order_.size() > closed_max_) {
        refused_.erase(refused_order_.front());
        refused_order_.pop_front();
    }
}

void Deployments::forget_oldest() {
    if (pool_.idle_count() <= closed_max_) {
        return;
    }
    const Slot slot = pool_.idle_front();
    const Deployment& oldest = pool_[slot];
    forgotten_ = oldest.closed_seq;
    requested_.erase({oldest.requested, slot});
    failed_.erase({oldest.failed, slot});
    pool_.erase(slot);
}

void Deployments::write_row(Slot slot, std::string_view reason, Batch& out) {
    const Deployment& deployment = pool_[slot];
    const auto name = [this](LabelKind kind, Code code) {
        return code == none_code ? std::string_view{} : books_.labels.name(kind, code);
    };
    const auto done =
        std::count_if(deployment.steps.begin(), deployment.steps.end(), [](const auto& step) {
            return step.result == outcome::success;
        });
    out.deployments.push_back(
        {.slot = slot,
         .source = books_.source,
         .kind = name(LabelKind::deployment_kind, deployment.kind()),
         .outcome = name(LabelKind::outcome, deployment.outcome),
         .requested = deployment.requested,
         .started = deployment.started,
         .ended = deployment.closed() ? deployment.ended() : no_time,
         .succeeded = deployment.succeeded,
         .failed = deployment.failed,
         .steps = static_cast<std::int64_t>(deployment.steps.size()),
         .steps_done = done,
         .reruns = deployment.reruns,
         .reason = out.names.keep(reason),
         .counted_outcome = name(LabelKind::outcome, deployment.counted_outcome),
         .counted_kind = name(LabelKind::deployment_kind, deployment.counted_kind),
         .plan_known = deployment.plan_known,
         .has_info = deployment.has_info,
         .reason_cancels = deployment.reason_cancels,
         .contradicted = deployment.contradicted,
         .action_bits = deployment.action_bits,
         .closed_seq = deployment.closed_seq}
    );
}

void Deployments::write_step(Slot slot, std::size_t index, Batch& out) {
    const DeploymentStep& step = pool_[slot].steps[index];
    out.deployment_steps.push_back(
        {.deployment = slot,
         .step = static_cast<std::int64_t>(index + 1),
         .actions = {},
         .started = step.started,
         .ended = step.ended,
         .open = step.open,
         .connection = step.connection,
         .result = step.result == none_code ? std::string_view{}
                                            : books_.labels.name(LabelKind::outcome, step.result)}
    );
}

Slot Deployments::restore(const DeploymentRow& row) {
    const Slot slot = pool_.insert(hash128(row.name));
    Deployment& deployment = pool_[slot];
    const auto code = [this](LabelKind kind, std::string_view name) {
        return name.empty() ? none_code : books_.labels.code(kind, name).code;
    };
    deployment.requested = row.requested;
    deployment.started = row.started;
    deployment.succeeded = row.succeeded;
    deployment.failed = row.failed;
    deployment.reruns = row.reruns;
    deployment.outcome = code(LabelKind::outcome, row.outcome);
    deployment.counted_outcome = code(LabelKind::outcome, row.counted_outcome);
    deployment.counted_kind = code(LabelKind::deployment_kind, row.counted_kind);
    deployment.action_bits = row.action_bits;
    deployment.plan_known = row.plan_known;
    deployment.has_info = row.has_info;
    deployment.reason_cancels = row.reason_cancels;
    deployment.contradicted = row.contradicted;
    deployment.closed_seq = row.closed_seq;
    if (deployment.requested != no_time) {
        requested_.emplace(deployment.requested, slot);
    }
    if (deployment.failed != no_time) {
        failed_.emplace(deployment.failed, slot);
    }
    if (deployment.closed()) {
        pool_.make_idle(slot);
    } else if (deployment.started != no_time) {
        open_.emplace(deployment.started, slot);
    }
    return slot;
}

void Deployments::restore(const DeploymentStepRow& row) {
    std::vector<decode::Action> actions;
    for (const ActionText& action : row.actions) {
        actions.push_back({action.action, action.app});
    }
    Deployment& deployment = pool_[row.deployment];
    deployment.steps.push_back(
        {.key = key_of(actions),
         .open = row.open,
         .result = row.result.empty() ? none_code
                                      : books_.labels.code(LabelKind::outcome, row.result).code,
         .started = row.started,
         .ended = row.ended,
         .connection = row.connection}
    );
}

void Deployments::restore(const DeploymentAppRow& row) {
    Deployment& deployment = pool_[row.deployment];
    const auto insert = [](auto& sorted, auto value) {
        const auto at = std::lower_bound(sorted.begin(), sorted.end(), value);
        if (at == sorted.end() || *at != value) {
            sorted.insert(at, value);
        }
    };
    const Apps::Index app = books_.apps.by_row(row.app);
    insert(deployment.apps, app);
    const Code code = books_.labels.code(LabelKind::action, row.action).code;
    if (code != other_code) {
        insert(deployment.app_actions, (std::uint64_t{app} << 16) | code);
    }
}

}  // namespace tally::model
