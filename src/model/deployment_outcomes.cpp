#include <algorithm>

#include "deployments.hpp"

// What a deployment that ended is called, and when that changes: another one that shares an app, or
// a refused version, may become known before or after it.
namespace tally::model {

namespace {

constexpr TimeMs rival_window_ms = 5000;

}  // namespace

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

}  // namespace tally::model
