#include <algorithm>

#include "deployments.hpp"

// Deployments as rows, and back.
namespace tally::model {

void Deployments::write_row(Slot slot, std::string_view reason, Batch& out) {
    const Deployment& deployment = pool_[slot];
    const auto name = [this](LabelKind kind, Code code) {
        return code == none_code ? std::string_view{} : books_.labels.name(kind, code);
    };
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
         .steps = deployment.step_count,
         .steps_done = deployment.steps_done,
         .reruns = deployment.reruns,
         .reason = out.names.keep(reason),
         .counted_outcome = name(LabelKind::outcome, deployment.counted_outcome),
         .counted_kind = name(LabelKind::deployment_kind, deployment.counted_kind),
         .plan_known = deployment.plan_known,
         .has_info = deployment.has_info,
         .reason_cancels = deployment.reason_cancels,
         .contradicted = deployment.contradicted,
         .action_bits = deployment.action_bits,
         .closed_seq = deployment.closed_seq,
         .inferred = deployment.inferred}
    );
}

void Deployments::write_step(Slot slot, const DeploymentStep& step, Batch& out) {
    out.deployment_steps.push_back(
        {.deployment = slot,
         .step = step.number,
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
    deployment.step_count = row.steps;
    deployment.steps_done = row.steps_done;
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
    deployment.inferred = row.inferred;
    if (deployment.requested != no_time) {
        requested_.emplace(deployment.requested, slot);
    }
    if (deployment.failed != no_time) {
        failed_.emplace(deployment.failed, slot);
    }
    if (!deployment.is_open()) {
        pool_.make_idle(slot);
        return slot;
    }
    names_.keep(slot, row.name);
    if (deployment.started != no_time) {
        open_.emplace(deployment.started, slot);
    }
    return slot;
}

void Deployments::restore(const DeploymentStepRow& row) {
    std::vector<decode::Action> actions;
    for (const ActionText& action : row.actions) {
        actions.push_back({action.action, action.app});
    }
    const DeploymentStep step{
        .key = key_of(actions),
        .number = static_cast<std::uint32_t>(row.step),
        .open = row.open,
        .result = row.result.empty() ? none_code
                                     : books_.labels.code(LabelKind::outcome, row.result).code,
        .started = row.started,
        .ended = row.ended,
        .connection = row.connection};
    Deployment& deployment = pool_[row.deployment];
    if (!deployment.trimmed) {
        closed_apps_ += deployment.keep(step) && deployment.gone() ? 1 : 0;
        deployment.trim();
    } else if (step.open) {
        deployment.steps.push_back(step);
    }
}

void Deployments::restore(const DeploymentAppRow& row) {
    Deployment& deployment = pool_[row.deployment];
    const auto insert = [](auto& sorted, auto value) -> std::size_t {
        const auto at = std::lower_bound(sorted.begin(), sorted.end(), value);
        if (at != sorted.end() && *at == value) {
            return 0;
        }
        sorted.insert(at, value);
        return 1;
    };
    const Apps::Index app = books_.apps.by_row(row.app);
    const std::size_t added = insert(deployment.apps, app);
    if (!deployment.is_open()) {
        closed_apps_ += added;
    }
    if (deployment.closed()) {
        return;
    }
    const Code code =
        row.action.empty() ? none_code : books_.labels.code(LabelKind::action, row.action).code;
    if (code != other_code) {
        insert(deployment.app_actions, (std::uint64_t{app} << 16) | code);
    }
}

}  // namespace tally::model
