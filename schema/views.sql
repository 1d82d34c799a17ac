-- The views: public, see README. `time` is in seconds, so the indices are on the same expression.

-- Not API.
CREATE VIEW counter AS SELECT source_id, cell, family, app_id, a, b, value FROM cell JOIN series USING (series_id);

CREATE VIEW v_events AS
SELECT i.seq, i.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', i.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, k.event_type, a.name AS app,
  CASE coalesce(i.entity, i.task_id << 2 | 1, i.subject) & 3 WHEN 1 THEN (SELECT name FROM task WHERE task_id = coalesce(i.entity, i.task_id << 2 | 1, i.subject) >> 2)
    WHEN 2 THEN (SELECT name FROM instance WHERE instance_id = coalesce(i.entity, i.task_id << 2 | 1, i.subject) >> 2)
    WHEN 3 THEN (SELECT value FROM text WHERE text_id = coalesce(i.entity, i.task_id << 2 | 1, i.subject) >> 2) END AS entity,
  CASE i.subject & 3 WHEN 0 THEN (SELECT name FROM deployment WHERE deployment_id = i.subject >> 2) END AS deployment_id,
  CASE k.received WHEN 0 THEN 'event' ELSE 'received' END AS clock,
  (SELECT body FROM payload p WHERE p.seq = i.seq) AS payload
FROM input i CROSS JOIN kind k ON k.kind_id = i.kind_id JOIN source s ON s.source_id = k.source_id
  LEFT JOIN app a ON a.app_id = i.app_id
WHERE k.event_type IS NOT NULL;

-- Which seqs the events of a minute lie between (others may lie there too): the way to a time in v_events and the
-- views of facts, which would be read as a whole otherwise. The questions show how.
CREATE VIEW v_minutes AS
SELECT s.name AS source, m.minute, m.minute * 60.0 AS time,
  strftime('%Y-%m-%dT%H:%M:%fZ', m.minute * 60, 'unixepoch') AS ts, m.first_seq, m.last_seq, m.inputs
FROM minute m JOIN source s USING (source_id);

CREATE VIEW v_rejected AS
SELECT r.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', r.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, r.reason, r.sample, r.what, r.seq
FROM rejected r JOIN source s USING (source_id);

CREATE VIEW v_tasks AS
SELECT s.name AS source, t.name AS task, a.name AS app, i.name AS instance, h.value AS host, st.value AS state,
  t.since_ms / 1000.0 AS since, t.first_seen_ms / 1000.0 AS first_seen, CASE WHEN t.ended_seq IS NOT NULL THEN t.since_ms END / 1000.0 AS ended,
  v.value AS version
FROM task t JOIN source s USING (source_id) JOIN app a USING (app_id) JOIN text st ON st.text_id = t.state_id
  JOIN instance i USING (instance_id) LEFT JOIN text h ON h.text_id = t.host_id
  LEFT JOIN text v ON v.text_id = t.version_id;

CREATE VIEW v_task_transitions AS
SELECT i.seq, i.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', i.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, t.name AS task, k.from_name AS from_state, k.to_name AS to_state,
  i.dwell_ms / 1000.0 AS dwell_s, h.value AS host, v.value AS version, i.message, k.fact = 2 AS unexpected,
  CASE WHEN k.event_type IS NULL THEN 'inferred' ELSE 'observed' END AS provenance,
  CASE WHEN k.event_type IS NULL THEN (i.time_ms - i.lag_ms) / 1000.0 END AS time_low
FROM input i JOIN task t ON t.task_id = i.task_id JOIN app a ON a.app_id = i.app_id
  JOIN source s ON s.source_id = a.source_id CROSS JOIN kind k ON k.kind_id = i.kind_id
  LEFT JOIN text h ON h.text_id = i.host_id LEFT JOIN text v ON v.text_id = i.version_id
WHERE i.task_id IS NOT NULL AND k.fact IN (1, 2);

CREATE VIEW v_task_late_events AS
SELECT i.seq, i.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', i.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, t.name AS task, k.from_name AS from_state, k.to_name AS to_state
FROM input i JOIN task t ON t.task_id = i.task_id JOIN app a ON a.app_id = i.app_id
  JOIN source s ON s.source_id = a.source_id CROSS JOIN kind k ON k.kind_id = i.kind_id
WHERE i.task_id IS NOT NULL AND k.fact = 3;

CREATE VIEW v_instances AS
SELECT s.name AS source, n.name AS instance, a.name AS app, h.value AS host, c.value AS condition,
  CASE n.health WHEN 1 THEN 1 WHEN 2 THEN 0 END AS healthy, n.since_ms / 1000.0 AS since,
  n.first_seen_ms / 1000.0 AS first_seen, CASE n.ended WHEN 1 THEN n.since_ms END / 1000.0 AS ended
FROM instance n JOIN source s USING (source_id) JOIN app a USING (app_id)
  JOIN text c ON c.text_id = n.condition_id LEFT JOIN text h ON h.text_id = n.host_id;

CREATE VIEW v_instance_transitions AS
SELECT i.seq, i.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', i.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, n.name AS instance, k.from_name AS from_state, k.to_name AS to_state,
  i.dwell_ms / 1000.0 AS dwell_s, h.value AS host,
  CASE WHEN k.event_type IS NULL THEN 'inferred' ELSE 'observed' END AS provenance,
  CASE WHEN k.event_type IS NULL THEN (i.time_ms - i.lag_ms) / 1000.0 END AS time_low
FROM input i CROSS JOIN kind k ON k.kind_id = i.kind_id JOIN instance n ON n.instance_id = i.subject >> 2
  JOIN app a ON a.app_id = i.app_id JOIN source s ON s.source_id = a.source_id
  LEFT JOIN text h ON h.text_id = i.host_id
WHERE k.fact = 4;

CREATE VIEW v_deployments AS
SELECT s.name AS source, d.name AS deployment_id, d.kind, d.outcome,
  (SELECT json_group_array(name) FROM (SELECT DISTINCT a.name FROM deployment_app da JOIN app a USING (app_id)
    WHERE da.deployment_id = d.deployment_id ORDER BY a.app_id)) AS apps,
  d.requested_ms / 1000.0 AS requested, d.started_ms / 1000.0 AS started, d.ended_ms / 1000.0 AS ended,
  CASE WHEN d.ended_ms IS NOT NULL AND d.started_ms IS NOT NULL
    THEN max(0, d.ended_ms - d.started_ms) / 1000.0 END AS duration_s,
  CASE WHEN d.ended_ms IS NOT NULL AND d.requested_ms IS NOT NULL
    THEN max(0, d.ended_ms - d.requested_ms) / 1000.0 END AS total_s,
  d.steps, d.steps_done, d.reruns, d.reason, d.contradicted, d.counted_outcome, d.counted_kind,
  CASE d.inferred WHEN 0 THEN 'observed' ELSE 'inferred' END AS provenance,
  coalesce(d.started_ms, d.requested_ms, d.ended_ms) / 1000.0 AS time,
  strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(d.started_ms, d.requested_ms, d.ended_ms) / 1000.0, 'unixepoch') AS ts
FROM deployment d JOIN source s USING (source_id);

CREATE VIEW v_deployment_steps AS
SELECT s.name AS source, d.name AS deployment_id, x.step, x.actions, x.started_ms / 1000.0 AS started,
  x.ended_ms / 1000.0 AS ended, x.result, max(0, x.ended_ms - x.started_ms) / 1000.0 AS duration_s
FROM deployment_step x JOIN deployment d USING (deployment_id) JOIN source s USING (source_id);

CREATE VIEW v_deployment_apps AS
SELECT s.name AS source, d.name AS deployment_id, a.name AS app, x.action, x.counted
FROM deployment_app x JOIN deployment d USING (deployment_id) JOIN source s USING (source_id)
  JOIN app a USING (app_id);

CREATE VIEW v_deployment_corrections AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, d.name AS deployment_id, x.from_outcome, x.to_outcome
FROM deployment_correction x JOIN deployment d USING (deployment_id) JOIN source s USING (source_id);

CREATE VIEW v_health_failures AS
SELECT i.seq, i.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', i.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app,
  CASE i.subject & 3 WHEN 1 THEN (SELECT name FROM task WHERE task_id = i.subject >> 2)
    WHEN 2 THEN (SELECT name FROM instance WHERE instance_id = i.subject >> 2)
    WHEN 3 THEN (SELECT value FROM text WHERE text_id = i.subject >> 2) END AS entity, k.from_name AS protocol, k.to_name AS check_key
FROM input i CROSS JOIN kind k ON k.kind_id = i.kind_id JOIN app a ON a.app_id = i.app_id
  JOIN source s ON s.source_id = a.source_id
WHERE k.fact = 5;

CREATE VIEW v_health_transitions AS
SELECT i.seq, i.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', i.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app,
  CASE i.subject & 3 WHEN 1 THEN (SELECT name FROM task WHERE task_id = i.subject >> 2)
    WHEN 2 THEN (SELECT name FROM instance WHERE instance_id = i.subject >> 2)
    WHEN 3 THEN (SELECT value FROM text WHERE text_id = i.subject >> 2) END AS entity, k.from_name AS from_health, k.to_name AS to_health,
  i.dwell_ms / 1000.0 AS dwell_s,
  CASE WHEN k.event_type IS NULL THEN 'inferred' ELSE 'observed' END AS provenance,
  CASE WHEN k.event_type IS NULL THEN (i.time_ms - i.lag_ms) / 1000.0 END AS time_low
FROM input i CROSS JOIN kind k ON k.kind_id = i.kind_id JOIN app a ON a.app_id = i.app_id
  JOIN source s ON s.source_id = a.source_id
WHERE k.fact = 6;

CREATE VIEW v_unhealthy_kills AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, x.task, x.instance, x.host, x.reason
FROM unhealthy_kill x JOIN app a USING (app_id) JOIN source s ON s.source_id = a.source_id;

CREATE VIEW v_sessions AS
SELECT s.name AS source, x.start_ms / 1000.0 AS start, x.end_ms / 1000.0 AS "end", x.cause, x.url, x.events, x.bytes,
  x.last_ms / 1000.0 AS last
FROM session x JOIN source s USING (source_id);

CREATE VIEW v_gaps AS
SELECT s.name AS source, x.start_ms / 1000.0 AS start, x.end_ms / 1000.0 AS "end", x.cause, x.last_error, x.attempts,
  x.lost, x.reconciled, x.inferred
FROM gap x JOIN source s USING (source_id);

-- How much of an hour the stream of a source was seen: of that part of it which lies between the first session's
-- start and the last known moment (the last byte, or the end of the last gap).
CREATE VIEW v_coverage_hourly AS
WITH RECURSIVE
known(source_id, from_ms, until_ms) AS (
  SELECT source_id, min(start_ms),
    max(max(last_ms), (SELECT coalesce(max(end_ms), 0) FROM gap g WHERE g.source_id = x.source_id))
  FROM session x GROUP BY source_id),
known_hour(source_id, hour_ms, from_ms, until_ms) AS (
  SELECT source_id, from_ms / 3600000 * 3600000, from_ms, until_ms FROM known
  UNION ALL
  SELECT source_id, hour_ms + 3600000, hour_ms + 3600000, until_ms FROM known_hour WHERE hour_ms + 3600000 < until_ms),
gap_hour(source_id, hour_ms, from_ms, until_ms) AS (
  SELECT source_id, start_ms / 3600000 * 3600000, start_ms, end_ms FROM gap WHERE end_ms > start_ms
  UNION ALL
  SELECT source_id, hour_ms + 3600000, hour_ms + 3600000, until_ms FROM gap_hour WHERE hour_ms + 3600000 < until_ms),
unseen(source_id, hour_ms, ms) AS MATERIALIZED (
  SELECT source_id, hour_ms, sum(min(until_ms, hour_ms + 3600000) - from_ms) FROM gap_hour GROUP BY 1, 2)
SELECT s.name AS source, k.hour_ms / 1000 AS hour,
  coalesce(1 - u.ms * 1.0 / (min(k.until_ms, k.hour_ms + 3600000) - k.from_ms), 1.0) AS ratio
FROM known_hour k JOIN source s USING (source_id) LEFT JOIN unseen u ON u.source_id = k.source_id AND u.hour_ms = k.hour_ms;

-- Health time per app and hour. What lies between the time counted and the source's clock is still open: it is
-- cut into hours here, so that the sum over the hours is the counter. `coverage`: of an hour before the first session 1
-- for what was replayed, NULL for callbacks, of which nobody knows how many there should have been.
CREATE VIEW v_app_health_hourly AS
WITH RECURSIVE
open_time(app_id, from_ms, until_ms, unhealthy, observed) AS (
  SELECT a.app_id, a.accrued_until_ms, s.last_event_ms, a.unhealthy_now, a.healthy_now + a.unhealthy_now
  FROM app a JOIN source s USING (source_id)
  WHERE a.healthy_now + a.unhealthy_now > 0 AND s.last_event_ms > a.accrued_until_ms
    -- In a gap that is open no time counts, once the clock is in it.
    AND (s.source_id, 1) NOT IN (SELECT g.source_id, g.start_ms < t.last_event_ms FROM gap g JOIN source t
      USING (source_id) WHERE g.end_ms IS NULL)),
open_hour(app_id, hour_ms, from_ms, until_ms, unhealthy, observed) AS (
  SELECT app_id, from_ms / 3600000 * 3600000, from_ms, until_ms, unhealthy, observed FROM open_time
  UNION ALL
  SELECT app_id, hour_ms + 3600000, hour_ms + 3600000, until_ms, unhealthy, observed FROM open_hour
  WHERE hour_ms + 3600000 < until_ms),
run_hour(app_id, hour_ms, hours, unhealthy_ms, observed_ms) AS (
  SELECT app_id, hour_ms, hours, unhealthy_ms, observed_ms FROM app_hour_run
  UNION ALL
  SELECT app_id, hour_ms + 3600000, hours - 1, unhealthy_ms, observed_ms FROM run_hour WHERE hours > 1),
part(app_id, hour_ms, failures, flaps, kills, unhealthy_ms, observed_ms) AS (
  SELECT app_id, hour_ms, failures, flaps, kills, unhealthy_ms, observed_ms FROM app_hour
  UNION ALL
  SELECT app_id, hour_ms, 0, 0, 0, unhealthy_ms, observed_ms FROM run_hour
  UNION ALL
  SELECT app_id, hour_ms, 0, 0, 0, unhealthy * (min(until_ms, hour_ms + 3600000) - from_ms),
    observed * (min(until_ms, hour_ms + 3600000) - from_ms) FROM open_hour),
hourly AS (
  SELECT app_id, hour_ms, sum(failures) AS failures, sum(flaps) AS flaps, sum(kills) AS kills,
    sum(unhealthy_ms) / 1000.0 AS unhealthy_s, sum(observed_ms) / 1000.0 AS observed_s
  FROM part GROUP BY app_id, hour_ms),
covered(source, hour, ratio) AS MATERIALIZED (SELECT source, hour, ratio FROM v_coverage_hourly),
followed(source_id, from_ms) AS MATERIALIZED (SELECT source_id, min(start_ms) FROM session GROUP BY source_id),
probed AS (
  SELECT h.*, (SELECT sum(1 / c.interval_s) FROM health_check c WHERE c.app_id = h.app_id
    AND c.interval_s IS NOT NULL AND (c.until_ms IS NULL OR c.until_ms > h.hour_ms)) AS probes_per_s
  FROM hourly h)
SELECT s.name AS source, a.name AS app, p.hour_ms / 1000 AS hour, p.failures, p.flaps, p.kills, p.unhealthy_s,
  p.observed_s, CASE WHEN p.observed_s > 0 THEN p.unhealthy_s / p.observed_s END AS unhealthy_ratio,
  p.observed_s * p.probes_per_s AS expected_checks,
  CASE WHEN p.observed_s * p.probes_per_s > 0
    THEN p.failures / (p.observed_s * p.probes_per_s) END AS check_failure_ratio,
  CASE WHEN f.from_ms < p.hour_ms + 3600000 THEN c.ratio WHEN s.by_callback THEN NULL ELSE 1.0 END AS coverage
FROM probed p JOIN app a USING (app_id) JOIN source s USING (source_id)
  LEFT JOIN followed f USING (source_id) LEFT JOIN covered c ON c.source = s.name AND c.hour = p.hour_ms / 1000;

-- Quantiles by nearest rank over the observed dwell times.
CREATE VIEW v_app_state_durations AS
WITH ranked AS (
  SELECT i.app_id, k.from_name, i.dwell_ms,
    row_number() OVER (PARTITION BY i.app_id, k.from_name ORDER BY i.dwell_ms) AS rank,
    count(*) OVER (PARTITION BY i.app_id, k.from_name) AS n
  FROM input i CROSS JOIN kind k ON k.kind_id = i.kind_id
  WHERE i.task_id IS NOT NULL AND i.dwell_ms IS NOT NULL AND k.fact IN (1, 2) AND k.event_type IS NOT NULL)
SELECT s.name AS source, a.name AS app, r.from_name AS state, r.n,
  min(CASE WHEN r.rank * 100 >= r.n * 50 THEN r.dwell_ms END) / 1000.0 AS p50_s,
  min(CASE WHEN r.rank * 100 >= r.n * 95 THEN r.dwell_ms END) / 1000.0 AS p95_s,
  min(CASE WHEN r.rank * 100 >= r.n * 99 THEN r.dwell_ms END) / 1000.0 AS p99_s,
  max(r.dwell_ms) / 1000.0 AS max_s
FROM ranked r JOIN app a USING (app_id) JOIN source s USING (source_id)
GROUP BY r.app_id, r.from_name;

CREATE VIEW v_api_calls AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, x.verb, x.uri, x.client_ip
FROM api_call x JOIN source s USING (source_id) LEFT JOIN app a USING (app_id);

CREATE VIEW v_group_changes AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, x.group_id, x.result, x.version, x.reason
FROM group_change x JOIN source s USING (source_id);

CREATE VIEW v_scheduler_events AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, x.event, x.master
FROM scheduler_event x JOIN source s USING (source_id);

CREATE VIEW v_subscribers AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, x.event, x.address
FROM subscriber x JOIN source s USING (source_id);

CREATE VIEW v_unknown_terminations AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, x.entity, x.condition
FROM unknown_termination x JOIN source s USING (source_id) LEFT JOIN app a USING (app_id);

CREATE VIEW v_framework_messages AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, x.executor, x.agent, x.bytes
FROM framework_message x JOIN source s USING (source_id);

-- What SQLite's planner is to take a history for: large, whatever it holds today. Without it it would read all inputs where
-- it can go by a task, and plans would differ from file to file.
ANALYZE source;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 VALUES
  ('input', NULL, '10000000'), ('input', 'input_task', '2800000 4'),
  ('task', 'task_app', '600000 300'),
  ('task', NULL, '600000'), ('instance', NULL, '600000'), ('app', NULL, '2000'), ('source', NULL, '2'),
  ('task', 'task_ended', '600000 300000 1'), ('instance', 'instance_idle', '600000 300000 1'),
  ('deployment', 'deployment_closed', '20000 10000 1'), ('deployment', 'deployment_time', '20000 1'),
  ('deployment', 'sqlite_autoindex_deployment_1', '20000 1 1'),
  ('kind', NULL, '200'), ('text', NULL, '3000'), ('minute', NULL, '2000');
ANALYZE sqlite_schema;
