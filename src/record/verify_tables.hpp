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

/// Compared as sets of rows. `@` stands for the schema. Duplicates and lag are not derived from events.
struct AsSet {
    const char* name;
    const char* select;
};
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
          " LEFT JOIN @.text h ON h.text_id = t.host_id LEFT JOIN @.text v ON v.text_id = t.version_id"},
    AsSet{"instance",
          "SELECT s.name, i.name, a.name, c.value, since_ms, first_seen_ms, i.ended, created_after_ms, health,"
          " health_since_ms, health_ended, has_instance_health, idle_seq, h.value, health_counts_from_ms, since_inferred"
          " FROM @.instance i"
          " JOIN @.source s USING (source_id) JOIN @.app a USING (app_id)"
          " LEFT JOIN @.text c ON c.text_id = i.condition_id LEFT JOIN @.text h ON h.text_id = i.host_id"},
    AsSet{"deployment",
          "SELECT s.name, d.name, kind, outcome, requested_ms, started_ms, ended_ms, succeeded_ms, failed_ms, steps,"
          " steps_done, reruns, reason, counted_outcome, counted_kind, plan_known, has_info, reason_cancels,"
          " contradicted, action_bits, closed_seq, inferred FROM @.deployment d JOIN @.source s USING (source_id)"},
    AsSet{"deployment_step",
          "SELECT s.name, d.name, step, actions, p.started_ms, p.ended_ms, open, connection, result"
          " FROM @.deployment_step p JOIN @.deployment d USING (deployment_id) JOIN @.source s USING (source_id)"},
    AsSet{"deployment_app",
          "SELECT s.name, d.name, a.name, action, counted FROM @.deployment_app p JOIN @.deployment d"
          " USING (deployment_id) JOIN @.app a USING (app_id) JOIN @.source s ON s.source_id = d.source_id"},
    AsSet{"deployment_correction", "SELECT * FROM @.v_deployment_corrections"},
    AsSet{"health_check",
          "SELECT s.name, a.name, check_key, protocol, interval_s, since_ms, until_ms FROM @.health_check"
          " JOIN @.app a USING (app_id) JOIN @.source s USING (source_id)"},
    AsSet{"app_hour",
          "SELECT s.name, a.name, hour_ms, failures, flaps, kills, h.unhealthy_ms, h.observed_ms FROM @.app_hour h"
          " JOIN @.app a USING (app_id) JOIN @.source s USING (source_id)"},
    AsSet{"app_hour_run",
          "SELECT s.name, a.name, hour_ms, hours, h.unhealthy_ms, h.observed_ms, count(*) FROM @.app_hour_run h"
          " JOIN @.app a USING (app_id) JOIN @.source s USING (source_id) GROUP BY 1, 2, 3, 4, 5, 6"},
    AsSet{"minute", "SELECT s.name, minute, first_seq, last_seq, inputs FROM @.minute JOIN @.source s USING (source_id)"},
    AsSet{"rejected", "SELECT source, time, reason, what, seq, count(*) FROM @.v_rejected GROUP BY 1, 2, 3, 4, 5"},
    AsSet{"counter",
          "SELECT s.name, c.family, coalesce(a.name, c.app_id), c.a, c.b, c.value FROM @.counter c"
          " JOIN @.source s USING (source_id) LEFT JOIN @.app a USING (app_id) WHERE c.family <> 'duplicates'"},
    AsSet{"histogram", "SELECT s.name, family, h.a, CASE (SELECT mixed FROM main.histogram m JOIN main.source n USING"
                       " (source_id) WHERE n.name = s.name AND m.family = h.family AND m.a = h.a) WHEN 1"
                       " THEN (SELECT sum(value) FROM json_each(counts)) ELSE bounds || counts END, sum_ms"
                       " FROM @.histogram h JOIN @.source s USING (source_id) WHERE family <> 'stream_lag'"},
};

/// What the rows say a counter should be: (source_id, app, a, b, n). An app past the cap is -1.
struct Behind {
    const char* family;
    const char* rows;
    bool by_label = true;  ///< false: the rows do not tell a and b apart
};
#define TALLY_APP "CASE a.counted_as_other WHEN 1 THEN -1 ELSE a.app_id END"
#define TALLY_FACTS "input i JOIN kind k USING (kind_id) JOIN app a USING (app_id)"
constexpr std::array counted_rows{
    Behind{"events", "SELECT source_id, 0, event_type, '', count(*) FROM input JOIN kind USING (kind_id)"
                     " WHERE event_type IS NOT NULL GROUP BY 1, 3"},
    Behind{"rejected", "SELECT source_id, 0, reason, '', count(*) FROM rejected GROUP BY 1, 3"},
    Behind{"task_transitions",
           "SELECT a.source_id, " TALLY_APP ", k.from_name, k.to_name, count(*) FROM " TALLY_FACTS
           " WHERE fact IN (1, 2) AND event_type IS NOT NULL GROUP BY 1, 2, 3, 4"},
    Behind{"task_late_events",
           "SELECT a.source_id, " TALLY_APP ", '', '', count(*) FROM " TALLY_FACTS
           " WHERE fact = 3 GROUP BY 1, 2"},
    Behind{"task_unexpected",
           "SELECT a.source_id, 0, k.from_name, k.to_name, count(*) FROM " TALLY_FACTS
           " WHERE fact = 2 AND event_type IS NOT NULL GROUP BY 1, 3, 4"},
    Behind{"unknown_terminations", "SELECT a.source_id, " TALLY_APP ", '', '', count(*) FROM unknown_termination x"
                                   " JOIN app a USING (app_id) GROUP BY 1, 2"},
    Behind{"framework_messages", "SELECT source_id, 0, '', '', count(*) FROM framework_message GROUP BY 1"},
    Behind{"framework_message_bytes", "SELECT source_id, 0, '', '', sum(bytes) FROM framework_message GROUP BY 1"},
    Behind{"tasks",
           "SELECT a.source_id, " TALLY_APP ", s.value, '', count(*) FROM task x JOIN app a USING (app_id)"
           " JOIN text s ON s.text_id = state_id WHERE ended_seq IS NULL GROUP BY 1, 2, 3"},
    Behind{"instance_transitions",
           "SELECT a.source_id, " TALLY_APP ", k.from_name, k.to_name, count(*) FROM " TALLY_FACTS
           " WHERE fact = 4 AND event_type IS NOT NULL GROUP BY 1, 2, 3, 4"},
    Behind{"instances",
           "SELECT a.source_id, " TALLY_APP ", c.value, '', count(*) FROM instance x JOIN app a USING (app_id)"
           " JOIN text c ON c.text_id = condition_id WHERE x.ended = 0 GROUP BY 1, 2, 3"},
    Behind{"deployments", "SELECT source_id, 0, counted_outcome, counted_kind, count(*) FROM deployment"
                          " WHERE counted_outcome IS NOT NULL AND inferred = 0 GROUP BY 1, 3, 4"},
    Behind{"app_deployments",
           "SELECT a.source_id, " TALLY_APP ", counted_outcome, '', count(*) FROM (SELECT DISTINCT deployment_id,"
           " app_id FROM deployment_app WHERE counted) JOIN deployment d USING (deployment_id) JOIN app a"
           " USING (app_id) WHERE d.inferred = 0 GROUP BY 1, 2, 3"},
    Behind{"deployment_corrections",
           "SELECT d.source_id, 0, from_outcome, to_outcome, count(*) FROM deployment_correction"
           " JOIN deployment d USING (deployment_id) GROUP BY 1, 3, 4"},
    Behind{"health_check_failures",
           "SELECT a.source_id, " TALLY_APP ", k.from_name, '', count(*) FROM " TALLY_FACTS
           " WHERE fact = 5 GROUP BY 1, 2, 3"},
    Behind{"health_transitions",
           "SELECT a.source_id, " TALLY_APP ", k.to_name, '', count(*) FROM " TALLY_FACTS
           " WHERE fact = 6 AND event_type IS NOT NULL GROUP BY 1, 2, 3"},
    Behind{"unhealthy_kills", "SELECT a.source_id, " TALLY_APP ", '', '', count(*) FROM unhealthy_kill x"
                              " JOIN app a USING (app_id) GROUP BY 1, 2"},
    Behind{"api_calls", "SELECT source_id, 0, verb, '', count(*) FROM api_call GROUP BY 1, 3"},
    Behind{"group_changes", "SELECT source_id, 0, result, '', count(*) FROM group_change GROUP BY 1, 3"},
    Behind{"scheduler_events", "SELECT source_id, 0, event, '', count(*) FROM scheduler_event GROUP BY 1, 3"},
    Behind{"task_transitions_inferred",
           "SELECT a.source_id, " TALLY_APP ", k.from_name, k.to_name, count(*) FROM " TALLY_FACTS
           " WHERE fact IN (1, 2) AND event_type IS NULL GROUP BY 1, 2, 3, 4"},
    Behind{"instance_transitions_inferred",
           "SELECT a.source_id, " TALLY_APP ", k.from_name, k.to_name, count(*) FROM " TALLY_FACTS
           " WHERE fact = 4 AND event_type IS NULL GROUP BY 1, 2, 3, 4"},
    Behind{"health_transitions_inferred",
           "SELECT a.source_id, " TALLY_APP ", k.to_name, '', count(*) FROM " TALLY_FACTS
           " WHERE fact = 6 AND event_type IS NULL GROUP BY 1, 2, 3"},
    Behind{"stream_gaps", "SELECT source_id, 0, '', '', count(*) FROM gap GROUP BY 1"},
    Behind{"stream_gap_ms", "SELECT source_id, 0, '', '', coalesce(sum(end_ms - start_ms), 0) FROM gap GROUP BY 1"},
    Behind{"stream_observed_ms",
           "SELECT source_id, 0, '', '', sum(ms) FROM (SELECT source_id, last_ms - start_ms AS ms FROM session"
           " UNION ALL SELECT source_id, start_ms - end_ms FROM gap WHERE cause = 'history_unwritable') GROUP BY 1"},
    Behind{"events_shed", "SELECT source_id, 0, '', '', coalesce(sum(lost), 0) FROM gap GROUP BY 1", false},
    Behind{"stream_reconnects", "SELECT source_id, 0, '', '', count(*) FROM mark WHERE kind = 'attempt' GROUP BY 1", false},
    Behind{"reconciliations", "SELECT source_id, 0, '', '', count(*) FROM mark WHERE kind = 'reconciled' GROUP BY 1", false},
};
#undef TALLY_FACTS
#undef TALLY_APP

}  // namespace tally::record
