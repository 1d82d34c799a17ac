#pragma once

#include <array>

/// What verify compares: plain lists of columns.
namespace tally::record {

/// Tables that are compared row by row, keyed by seq; `again` is the repeated fold.
struct BySeq {
    const char* name;
    const char* columns;
};
constexpr std::array by_seq{
    BySeq{"v_events", "time, source, event_type, app, entity, deployment_id, clock"},
    BySeq{"v_task_transitions",
          "time, source, app, task, from_state, to_state, dwell_s, host, version, message, unexpected, provenance,"
          " time_low"},
    BySeq{"v_task_late_events", "time, source, app, task, from_state, to_state"},
    BySeq{"v_instance_transitions", 
          "time, source, app, instance, from_state, to_state, dwell_s, host, provenance, time_low"},
    BySeq{"v_health_failures", "time, source, app, entity, protocol, check_key"},
    BySeq{"v_health_transitions", 
          "time, source, app, entity, from_health, to_health, dwell_s, provenance, time_low"},
    BySeq{"v_unhealthy_kills", "time, source, app, task, instance, host, reason"},
    BySeq{"v_api_calls", "time, source, app, verb, uri, client_ip"},
    BySeq{"v_group_changes", "time, source, group_id, result, version, reason"},
    BySeq{"v_scheduler_events", "time, source, event, master"},
    BySeq{"v_subscribers", "time, source, event, address"},
    BySeq{"v_unknown_terminations", "time, source, app, entity, condition"},
    BySeq{"v_framework_messages", "time, source, executor, agent, bytes"},
};

/// Compared as sets of rows. `@` stands for the schema, `#` for the seq of the checkpoint from which it was folded again, `~` for the
/// last row of `rejected` before it; both are 0 without one. Rows that did not change behind it are not compared: the fold
/// may have forgotten them before. Duplicates and lag are not derived from events.
struct AsSet {
    const char* name;
    const char* select;
};
#define TALLY_LATER_HOUR \
    "hour_ms > coalesce((SELECT b.last_event_ms FROM temp.base_source b WHERE b.name = s.name), -9223372036854775807)"
constexpr std::array as_sets{
    AsSet{"source", "SELECT name, last_event_ms, tasks_forgotten, instances_forgotten, deployments_forgotten,"
                    " framework, reconciled, stopped FROM @.source"},
    AsSet{"session", "SELECT s.name, number, start_ms, last_ms, end_ms, connection, cause, url, events, bytes"
                     " FROM @.session JOIN @.source s USING (source_id)"},
    AsSet{"gap", "SELECT s.name, number, start_ms, end_ms, cause, last_error, attempts, lost, g.reconciled, inferred"
                 " FROM @.gap g JOIN @.source s USING (source_id)"},
    AsSet{"label", "SELECT s.name, l.kind, l.name FROM @.label l JOIN @.source s USING (source_id)"},
    AsSet{"app",
          "SELECT s.name, a.name, counted_as_other, ended, CASE ended WHEN 1 THEN last_received_ms END, healthy_now,"
          " unhealthy_now, health_seen,"
          " accrued_until_ms, unhealthy_ms, observed_ms, last_deployment_ms, last_deployment_ended_ms"
          " FROM @.app a JOIN @.source s USING (source_id)"},
    AsSet{"task",
          "SELECT s.name, t.name, a.name, i.name, st.value, t.since_ms, t.first_seen_ms, t.staging_after_ms,"
          " t.started, t.ended_seq, h.value, v.value, t.since_inferred FROM @.task t JOIN @.source s USING (source_id)"
          " JOIN @.app a USING (app_id) JOIN @.instance i USING (instance_id) JOIN @.text st ON st.text_id = t.state_id"
          " LEFT JOIN @.text h ON h.text_id = t.host_id LEFT JOIN @.text v ON v.text_id = t.version_id"
          " WHERE t.ended_seq IS NULL OR t.ended_seq > #"},
    AsSet{"instance",
          "SELECT s.name, i.name, a.name, c.value, since_ms, first_seen_ms, i.ended, created_after_ms, health,"
          " health_since_ms, health_ended, has_instance_health, idle_seq, h.value, health_counts_from_ms, since_inferred"
          " FROM @.instance i"
          " JOIN @.source s USING (source_id) JOIN @.app a USING (app_id)"
          " LEFT JOIN @.text c ON c.text_id = i.condition_id LEFT JOIN @.text h ON h.text_id = i.host_id"
          " WHERE i.idle_seq IS NULL OR i.idle_seq > #"},
    AsSet{"deployment",
          "SELECT s.name, d.name, kind, outcome, requested_ms, started_ms, ended_ms, succeeded_ms, failed_ms, steps,"
          " steps_done, reruns, reason, counted_outcome, counted_kind, plan_known, has_info, reason_cancels,"
          " contradicted, action_bits, closed_seq, inferred FROM @.deployment d JOIN @.source s USING (source_id)"
          " WHERE closed_seq IS NULL OR closed_seq > #"},
    AsSet{"deployment_step",
          "SELECT s.name, d.name, step, actions, p.started_ms, p.ended_ms, open, connection, result"
          " FROM @.deployment_step p JOIN @.deployment d USING (deployment_id) JOIN @.source s USING (source_id)"
          " WHERE d.closed_seq IS NULL OR d.closed_seq > #"},
    AsSet{"deployment_app",
          "SELECT s.name, d.name, a.name, action, counted FROM @.deployment_app p JOIN @.deployment d"
          " USING (deployment_id) JOIN @.app a USING (app_id) JOIN @.source s ON s.source_id = d.source_id"
          " WHERE d.closed_seq IS NULL OR d.closed_seq > #"},
    AsSet{"deployment_correction", "SELECT * FROM @.v_deployment_corrections WHERE seq > #"},
    AsSet{"health_check",
          "SELECT s.name, a.name, check_key, protocol, interval_s, since_ms, until_ms FROM @.health_check"
          " JOIN @.app a USING (app_id) JOIN @.source s USING (source_id)"
          // JSON, of which a checkpoint is made, ends there.
          " WHERE # = 0 OR instr(check_key, char(0)) = 0"},
    AsSet{"app_hour",
          "SELECT s.name, a.name, hour_ms, failures, flaps, kills, h.unhealthy_ms, h.observed_ms FROM @.app_hour h"
          " JOIN @.app a USING (app_id) JOIN @.source s USING (source_id) WHERE " TALLY_LATER_HOUR},
    AsSet{"app_hour_run",
          "SELECT s.name, a.name, hour_ms, hours, h.unhealthy_ms, h.observed_ms, count(*) FROM @.app_hour_run h"
          " JOIN @.app a USING (app_id) JOIN @.source s USING (source_id) WHERE " TALLY_LATER_HOUR " GROUP BY 1, 2, 3, 4, 5, 6"},
    AsSet{"minute", "SELECT s.name, minute, first_seq, last_seq, inputs FROM @.minute JOIN @.source s USING (source_id)"
                    " WHERE first_seq > # AND (s.name, minute) NOT IN (SELECT n.name, m.minute FROM main.minute m JOIN main.source n"
                    " USING (source_id) WHERE m.first_seq <= #)"},
    AsSet{"rejected", "SELECT s.name, time_ms, reason, what, seq, count(*) FROM @.rejected JOIN @.source s USING (source_id)"
                      " WHERE rejected_id > ~ GROUP BY 1, 2, 3, 4, 5"},
    AsSet{"counter",
          "SELECT s.name, c.family, coalesce(a.name, c.app_id), c.a, c.b, c.value FROM @.counter c"
          " JOIN @.source s USING (source_id) LEFT JOIN @.app a USING (app_id) WHERE c.family <> 'duplicates'"},
    AsSet{"histogram", "SELECT s.name, family, h.a, CASE (SELECT mixed FROM main.histogram m JOIN main.source n USING"
                       " (source_id) WHERE n.name = s.name AND m.family = h.family AND m.a = h.a) WHEN 1"
                       " THEN (SELECT sum(value) FROM json_each(counts)) ELSE bounds || counts END, sum_ms"
                       " FROM @.histogram h JOIN @.source s USING (source_id) WHERE family <> 'stream_lag'"},
};
#undef TALLY_LATER_HOUR

}  // namespace tally::record
