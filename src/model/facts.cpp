#include "tally/model/facts.hpp"

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

std::size_t State::bytes() const {
    const auto bytes_of = [](const auto&... rows) { return ((rows.size() * sizeof(rows[0])) + ...); };
    return names.used() + bytes_of(app_hours, apps, instances, tasks, deployments, deployment_steps, deployment_apps);
}

void Batch::clear() {
    const auto clear_all = [](auto&... vectors) { (vectors.clear(), ...); };
    text.clear();
    names.clear();
    last_seq = 0;
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
        cells,
        histograms
    );
}

}  // namespace tally::model
