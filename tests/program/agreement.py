"""Compares what marathon-tally shows with marathon-sim's own totals, and counters with rows."""

import collections

# sim family -> (SQL giving the same rows, exposition name, its labels in the order of the row)
FAMILIES = {
    "task_transitions": ("SELECT app, from_state, to_state, count(*) FROM v_task_transitions GROUP BY 1, 2, 3",
                         "marathon_task_transitions_total", ("app", "from", "to")),
    "unexpected": ("SELECT from_state, to_state, count(*) FROM v_task_transitions WHERE unexpected GROUP BY 1, 2",
                   "marathon_task_unexpected_transitions_total", ("from", "to")),
    "late_events": ("SELECT app, count(*) FROM v_task_late_events GROUP BY 1",
                    "marathon_task_late_events_total", ("app",)),
    "tasks": ("SELECT app, state, count(*) FROM v_tasks WHERE ended IS NULL GROUP BY 1, 2",
              "marathon_tasks", ("app", "state")),
    "instance_transitions": ("SELECT app, from_state, to_state, count(*) FROM v_instance_transitions GROUP BY 1, 2, 3",
                             "marathon_instance_transitions_total", ("app", "from", "to")),
    "instances": ("SELECT app, condition, count(*) FROM v_instances WHERE ended IS NULL GROUP BY 1, 2",
                  "marathon_instances", ("app", "condition")),
    "deployments": ("SELECT counted_outcome, counted_kind, count(*) FROM v_deployments"
                    " WHERE counted_outcome IS NOT NULL GROUP BY 1, 2", "marathon_deployments_total", ("outcome", "kind")),
    "app_deployments": ("SELECT a.app, d.counted_outcome, count(DISTINCT d.deployment_id) FROM v_deployment_apps a"
                        " JOIN v_deployments d USING (source, deployment_id) WHERE a.counted GROUP BY 1, 2",
                        "marathon_app_deployments_total", ("app", "outcome")),
    "corrections": ("SELECT from_outcome, to_outcome, count(*) FROM v_deployment_corrections GROUP BY 1, 2",
                    "marathon_deployment_corrections_total", ("from", "to")),
    "health_failures": ("SELECT app, protocol, count(*) FROM v_health_failures GROUP BY 1, 2",
                        "marathon_health_check_failures_total", ("app", "protocol")),
    "health_transitions": ("SELECT app, to_health, count(*) FROM v_health_transitions GROUP BY 1, 2",
                           "marathon_health_transitions_total", ("app", "to")),
    "kills": ("SELECT app, count(*) FROM v_unhealthy_kills GROUP BY 1", "marathon_unhealthy_kills_total", ("app",)),
    "flaps": ("SELECT app, sum(flaps) FROM v_app_health_hourly GROUP BY 1 HAVING sum(flaps) > 0", None, None),
    "unhealthy_ms": ("SELECT app, CAST(round(sum(unhealthy_s) * 1000) AS INTEGER) FROM v_app_health_hourly GROUP BY 1"
                     " HAVING sum(unhealthy_s) > 0", None, None),
    "observed_ms": ("SELECT app, CAST(round(sum(observed_s) * 1000) AS INTEGER) FROM v_app_health_hourly GROUP BY 1"
                    " HAVING sum(observed_s) > 0", None, None),
    "unknown_terminations": ("SELECT app, count(*) FROM v_unknown_terminations GROUP BY 1",
                             "marathon_unknown_terminations_total", ("app",)),
}
OBJECTS = {
    "events": ("SELECT event_type, count(*) FROM v_events GROUP BY 1", "marathon_events_total", ("event_type",)),
    "rejected": ("SELECT reason, count(*) FROM v_rejected GROUP BY 1", "marathon_events_rejected_total", ("reason",)),
    "api_calls": ("SELECT verb, count(*) FROM v_api_calls GROUP BY 1", "marathon_api_calls_total", ("verb",)),
    "group_changes": ("SELECT result, count(*) FROM v_group_changes GROUP BY 1",
                      "marathon_group_changes_total", ("result",)),
    "scheduler_events": ("SELECT event, count(*) FROM v_scheduler_events GROUP BY 1",
                         "marathon_scheduler_events_total", ("event",)),
}


def shown(samples, name, labels):
    """The series of a family that are not 0, as rows."""
    rows = collections.Counter()
    for (sample, pairs), value in samples.items():
        if sample == name and value != 0:
            rows[tuple(dict(pairs)[label] for label in labels)] += int(value)
    return rows


def as_rows(rows):
    return {tuple(row[:-1]): row[-1] for row in rows if row[-1] != 0}


def differences(case, totals, samples, database=None):
    """-> lines, one for each family in which rows, series or the simulator's totals differ"""
    found = []

    def compare(what, family, expected, got):
        if expected != got:
            wrong = [(key, expected.get(key), got.get(key)) for key in sorted({*expected, *got}, key=repr)
                     if expected.get(key) != got.get(key)]
            found.append(f"{family}: {what}: {wrong[:5]}{' ...' if len(wrong) > 5 else ''}")

    for table, rows_of in ((FAMILIES, as_rows), (OBJECTS, lambda members: {(k,): v for k, v in members.items() if v})):
        for family, (sql, name, labels) in table.items():
            rows = as_rows(case.rows(sql, database))
            if totals is not None:
                compare("totals against rows", family, rows_of(totals[family]), rows)
            if name and samples is not None:
                compare("rows against series", family, rows, dict(shown(samples, name, labels)))
    return found
