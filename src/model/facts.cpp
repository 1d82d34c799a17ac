#include "tally/model/facts.hpp"

#include <array>

#include "tally/model/mark.hpp"

namespace tally::model {

std::string_view to_string(Health health) {
    switch (health) {
        case Health::unknown:
            return "unknown";
        case Health::healthy:
            return "healthy";
        case Health::unhealthy:
            break;
    }
    return "unhealthy";
}

std::string_view to_string(Difference::Kind kind) {
    constexpr std::array<std::string_view, 5> names{
        "task", "instance", "health", "deployment", "app"};
    return names.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(Mark::Kind kind) {
    constexpr std::array<std::string_view, 9> names{
        "started", "attached", "alive", "ended", "failed", "attempt", "stopped", "shed", "reconciled"};
    return names.at(static_cast<std::size_t>(kind));
}

std::size_t State::state_bytes() const {
    const auto bytes_of = [](const auto&... rows) { return ((rows.size() * sizeof(rows[0])) + ...); };
    return names.used() + step_actions * sizeof(ActionText) +
           bytes_of(app_hours, sessions, gaps, apps, instances, tasks, deployments, deployment_steps, deployment_apps);
}

void Batch::clear() {
    const auto clear_all = [](auto&... vectors) { (vectors.clear(), ...); };
    text.clear();
    names.clear();
    last_seq = 0;
    step_actions = 0;
    journal = 0;
    journal_holds = false;
    by_callback = false;
    clear_all(
        births,
        events,
        payload_blocks,
        rejected,
        identities,
        task_transitions,
        task_late_events,
        instance_transitions,
        health_failures,
        health_transitions,
        unhealthy_kills,
        plain,
        health_checks,
        app_hours,
        app_hour_runs,
        sources,
        labels,
        apps,
        instances,
        tasks,
        deployments,
        deployment_steps,
        deployment_apps,
        deployment_corrections,
        marks,
        sessions,
        gaps,
        cells,
        histograms
    );
}

}  // namespace tally::model
