#pragma once

#include <array>

/// What a checkpoint holds: of each table of state what the fold can change. What it cannot (names, texts) is in the tables still,
/// since rows that a checkpoint names are not removed.
namespace tally::record {

struct CheckpointTable {
    const char* name;
    const char* key;      ///< the row id, first of the columns; nullptr: the rows are kept whole
    const char* columns;  ///< joined by ", "
    const char* where;
};

#define TALLY_REMEMBERED(table, ended, forgotten) \
    "(" ended " IS NULL OR " ended " > (SELECT " forgotten " FROM source s WHERE s.source_id = " table ".source_id))"
#define TALLY_DEPLOYMENTS                          \
    "deployment_id IN (SELECT deployment_id FROM deployment WHERE " \
    TALLY_REMEMBERED("deployment", "closed_seq", "deployments_forgotten") ")"
constexpr std::array checkpoint_tables{
    CheckpointTable{"source", "source_id",
                    "source_id, last_event_ms, tasks_forgotten, instances_forgotten, deployments_forgotten, framework,"
                    " reconciled, stopped, by_callback", "1"},
    CheckpointTable{"session", nullptr, "source_id, number, start_ms, last_ms, end_ms, connection, cause, url, events, bytes", "1"},
    CheckpointTable{"gap", nullptr,
                    "source_id, number, start_ms, end_ms, cause, last_error, attempts, lost, reconciled, inferred", "1"},
    CheckpointTable{"app", "app_id",
                    "app_id, ended, last_received_ms, healthy_now, unhealthy_now, health_seen, accrued_until_ms,"
                    " unhealthy_ms, observed_ms, last_deployment_ms, last_deployment_ended_ms", "1"},
    CheckpointTable{"instance", "instance_id",
                    "instance_id, app_id, condition_id, since_ms, ended, created_after_ms, health, health_since_ms,"
                    " health_ended, has_instance_health, idle_seq, health_counts_from_ms, since_inferred",
                    TALLY_REMEMBERED("instance", "idle_seq", "instances_forgotten")},
    CheckpointTable{"task", "task_id",
                    "task_id, instance_id, app_id, state_id, since_ms, staging_after_ms, started, ended_seq,"
                    " since_inferred", TALLY_REMEMBERED("task", "ended_seq", "tasks_forgotten")},
    CheckpointTable{"deployment", "deployment_id",
                    "deployment_id, kind, outcome, requested_ms, started_ms, ended_ms, succeeded_ms, failed_ms, steps,"
                    " steps_done, reruns, counted_outcome, counted_kind, plan_known, has_info, reason_cancels, contradicted,"
                    " action_bits, closed_seq, inferred",
                    TALLY_REMEMBERED("deployment", "closed_seq", "deployments_forgotten")},
    CheckpointTable{"deployment_step", nullptr,
                    "deployment_id, step, actions, started_ms, ended_ms, open, connection, result", TALLY_DEPLOYMENTS},
    CheckpointTable{"deployment_app", nullptr, "deployment_id, app_id, action, counted", TALLY_DEPLOYMENTS},
    CheckpointTable{"health_check", nullptr, "app_id, check_key, protocol, interval_s, since_ms, until_ms", "1"},
    CheckpointTable{"cell", nullptr, "source_id, cell, series_id, app_id, value", "1"},
    CheckpointTable{"histogram", nullptr, "source_id, family, a, bounds, counts, sum_ms, mixed", "1"},
};
#undef TALLY_DEPLOYMENTS
#undef TALLY_REMEMBERED

}  // namespace tally::record
