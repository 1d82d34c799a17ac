#include <algorithm>

#include "comparer.hpp"

// What a snapshot shows of deployments.
namespace tally::model {

void Comparer::find_running_deployments() {
    boost::unordered_flat_set<std::string_view> told;
    for (const decode::Snapshot::Deployment& seen : snapshot_.deployments) {
        if (seen.id.empty() || !told.insert(seen.id).second) {
            continue;
        }
        const Slot slot = fold_.deployments_.find(hash128(seen.id));
        if (slot != no_slot && (fold_.deployments_[slot].closed() ||
                                (fold_.deployments_[slot].is_open() && !how_.other_cluster))) {
            continue;
        }
        Difference running{
            .kind = Difference::Kind::deployment,
            .id = std::string(seen.id),
            .to = "running",
            .time_low = low_of_new(no_time),
            .requested = parse_timestamp(seen.version).value_or(no_time),
            .steps_done = std::max<std::int64_t>(0, seen.current_step - 1)};
        for (const decode::Step step : seen.steps) {
            auto& actions = running.steps.emplace_back();
            for (const decode::Action& action : step) {
                actions.push_back({.name = std::string(action.name), .app = std::string(action.app)}
                );
            }
        }
        found_.push_back(std::move(running));
    }
}

void Comparer::find_gone_deployments() {
    boost::unordered_flat_set<Slot> running;
    for (const decode::Snapshot::Deployment& seen : snapshot_.deployments) {
        running.insert(fold_.deployments_.find(hash128(seen.id)));
    }
    std::vector<Difference> gone;
    const LiveNames& live = fold_.deployments_.live();
    live.each([&](Slot slot) {
        const Deployment& deployment = fold_.deployments_[slot];
        if (how_.other_cluster || (!running.contains(slot) && !heard_later(deployment.heard))) {
            const TimeMs low = low_of(deployment.heard, deployment.started);
            add_gone(gone, Difference::Kind::deployment, live[slot], {}, low);
        }
    });
    append_by_name(gone);
}

}  // namespace tally::model
