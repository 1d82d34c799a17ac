#pragma once

#include <array>

/// Which rows are behind which counter: verify compares them, pruning carries them over.
namespace tally::record {

/// What the rows say a counter should be: (source_id, app, a, b, n). An app past the cap is -1. `@` stands before tables whose
/// rows are pruned: the counter is these rows, and those of table pruned_counter.
struct Behind {
    const char* family;
    const char* rows;
    bool by_label = true;  ///< false: the rows do not tell a and b apart
};
#define TALLY_APP "CASE a.counted_as_other WHEN 1 THEN -1 ELSE a.app_id END"
#define TALLY_FACTS "@input i JOIN kind k USING (kind_id) JOIN app a USING (app_id)"
constexpr std::array counted_rows{
    Behind{"events", "SELECT source_id, 0, event_type, '', count(*) FROM @input JOIN kind USING (kind_id)"
                     " WHERE event_type IS NOT NULL GROUP BY 1, 3"},
    Behind{"rejected", "SELECT source_id, 0, reason, '', count(*) FROM @rejected GROUP BY 1, 3"},
    Behind{"task_transitions",
           "SELECT a.source_id, " TALLY_APP ", k.from_name, k.to_name, count(*) FROM " TALLY_FACTS
           " WHERE fact IN (1, 2) AND event_type IS NOT NULL GROUP BY 1, 2, 3, 4"},
    Behind{"task_late_events",
           "SELECT a.source_id, " TALLY_APP ", '', '', count(*) FROM " TALLY_FACTS
           " WHERE fact = 3 GROUP BY 1, 2"},
    Behind{"task_unexpected",
           "SELECT a.source_id, 0, k.from_name, k.to_name, count(*) FROM " TALLY_FACTS
           " WHERE fact = 2 AND event_type IS NOT NULL GROUP BY 1, 3, 4"},
    Behind{"unknown_terminations", "SELECT a.source_id, " TALLY_APP ", '', '', count(*) FROM @unknown_termination x"
                                   " JOIN app a USING (app_id) GROUP BY 1, 2"},
    Behind{"framework_messages", "SELECT source_id, 0, '', '', count(*) FROM @framework_message GROUP BY 1"},
    Behind{"framework_message_bytes", "SELECT source_id, 0, '', '', sum(bytes) FROM @framework_message GROUP BY 1"},
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
           "SELECT d.source_id, 0, from_outcome, to_outcome, count(*) FROM @deployment_correction"
           " JOIN deployment d USING (deployment_id) GROUP BY 1, 3, 4"},
    Behind{"health_check_failures",
           "SELECT a.source_id, " TALLY_APP ", k.from_name, '', count(*) FROM " TALLY_FACTS
           " WHERE fact = 5 GROUP BY 1, 2, 3"},
    Behind{"health_transitions",
           "SELECT a.source_id, " TALLY_APP ", k.to_name, '', count(*) FROM " TALLY_FACTS
           " WHERE fact = 6 AND event_type IS NOT NULL GROUP BY 1, 2, 3"},
    Behind{"unhealthy_kills", "SELECT a.source_id, " TALLY_APP ", '', '', count(*) FROM @unhealthy_kill x"
                              " JOIN app a USING (app_id) GROUP BY 1, 2"},
    Behind{"api_calls", "SELECT source_id, 0, verb, '', count(*) FROM @api_call GROUP BY 1, 3"},
    Behind{"group_changes", "SELECT source_id, 0, result, '', count(*) FROM @group_change GROUP BY 1, 3"},
    Behind{"scheduler_events", "SELECT source_id, 0, event, '', count(*) FROM @scheduler_event GROUP BY 1, 3"},
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
    Behind{"stream_reconnects", "SELECT source_id, 0, '', '', count(*) FROM @mark WHERE kind = 'attempt' GROUP BY 1", false},
    Behind{"reconciliations", "SELECT source_id, 0, '', '', count(*) FROM @mark WHERE kind = 'reconciled' GROUP BY 1", false},
};
#undef TALLY_FACTS
#undef TALLY_APP

}  // namespace tally::record
