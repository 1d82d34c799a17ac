-- The history of marathon-tally, one SQLite file. The v_ views (views.sql) are API (README, "SQL"); tables may
-- change with user_version. Times end in _ms: UTC milliseconds since 1970. Text that repeats (states, hosts,
-- versions, event types, check keys) is kept once in `text`. NULL means: not known, or there is none.

CREATE TABLE meta(
  key TEXT PRIMARY KEY,            -- 'next_connection': the number of the next connection or file;
                                   -- 'recording_HASH': the number of the recording that begins like that
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE source(
  source_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,       -- as named by the user
  last_event_ms INTEGER,           -- the greatest event time so far: the source's clock
  tasks_forgotten INTEGER NOT NULL DEFAULT 0,       -- those with an ended_seq up to this the fold has forgotten,
  instances_forgotten INTEGER NOT NULL DEFAULT 0,   -- instances by idle_seq,
  deployments_forgotten INTEGER NOT NULL DEFAULT 0  -- deployments by closed_seq
) STRICT;

CREATE TABLE text(
  text_id INTEGER PRIMARY KEY,
  value TEXT NOT NULL UNIQUE
) STRICT;

-- The first 64 unknown names of each kind, in order of arrival: they are label values.
CREATE TABLE label(
  label_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  kind TEXT NOT NULL,              -- event_type, task_state, condition, protocol, action
  name TEXT NOT NULL,
  UNIQUE(source_id, kind, name)
) STRICT;

CREATE TABLE app(
  app_id INTEGER PRIMARY KEY,      -- given out by the fold, in order of first sight
  source_id INTEGER NOT NULL,
  name TEXT NOT NULL,              -- the path of an app or pod
  counted_as_other INTEGER NOT NULL, -- 1: past the series cap at first sight, its label is `other`
  ended INTEGER NOT NULL,          -- 1: app_terminated_event came and nothing revived it
  last_received_ms INTEGER NOT NULL, -- of its last event; kept up to date only once it ended
  healthy_now INTEGER NOT NULL,    -- entities that are healthy
  unhealthy_now INTEGER NOT NULL,
  health_seen INTEGER NOT NULL,    -- 1: some entity of it ever had a known health
  accrued_until_ms INTEGER,        -- its health time is counted up to here
  unhealthy_ms INTEGER NOT NULL,
  observed_ms INTEGER NOT NULL,
  last_deployment_ms INTEGER,      -- duration of the last counted deployment
  last_deployment_ended_ms INTEGER,
  UNIQUE(name, source_id)
) STRICT;

-- Every instance, or what stands for one: a legacy task a.UUID belongs to a.marathon-UUID. Health is kept here.
CREATE TABLE instance(
  instance_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  app_id INTEGER NOT NULL,
  condition_id INTEGER,            -- text; NULL: no instance_changed_event so far
  since_ms INTEGER,                -- when the condition was entered
  first_seen_ms INTEGER NOT NULL,
  ended_ms INTEGER,                -- when a final condition was entered; cleared when it is relaunched
  last_created_ms INTEGER,         -- last Created or Provisioned
  health INTEGER NOT NULL,         -- 0 unknown, 1 healthy, 2 unhealthy
  health_since_ms INTEGER,
  health_ended INTEGER NOT NULL,   -- 1: health events move nothing until it lives again
  has_instance_health INTEGER NOT NULL, -- 1: had an instance_health_changed_event
  idle_seq INTEGER,                -- the input after which nothing of it was alive
  host_id INTEGER,                 -- text
  health_counts_from_ms INTEGER    -- after the source's last_event_ms: its time of health is counted from here on
) STRICT;

CREATE TABLE task(
  task_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  instance_id INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  state_id INTEGER NOT NULL,       -- text
  since_ms INTEGER NOT NULL,       -- when the state was entered
  first_seen_ms INTEGER NOT NULL,
  ended_ms INTEGER,                -- NULL: in the current set
  staging_ms INTEGER,              -- first sight, if that was TASK_STAGING
  started INTEGER NOT NULL,        -- 1: has been TASK_RUNNING
  ended_seq INTEGER,               -- the input that ended it
  host_id INTEGER,                 -- text
  version_id INTEGER               -- text
) STRICT;

CREATE TABLE deployment(
  deployment_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  name TEXT NOT NULL,              -- Marathon's deployment id
  kind TEXT NOT NULL,
  outcome TEXT NOT NULL,           -- `running` while open
  requested_ms INTEGER,            -- plan.version
  started_ms INTEGER,              -- first deployment_info
  ended_ms INTEGER,
  succeeded_ms INTEGER,            -- first deployment_success
  failed_ms INTEGER,               -- first deployment_failed
  steps INTEGER NOT NULL,
  steps_done INTEGER NOT NULL,     -- successes
  reruns INTEGER NOT NULL,
  reason TEXT,
  counted_outcome TEXT,            -- what the counters counted, once
  counted_kind TEXT,
  plan_known INTEGER NOT NULL,
  has_info INTEGER NOT NULL,
  reason_cancels INTEGER NOT NULL, -- 1: the reason of deployment_failed says "cancel"
  contradicted INTEGER NOT NULL,   -- 1: both finals came
  action_bits INTEGER NOT NULL,    -- start 1, restart 2, scale 4, stop 8, other 16
  closed_seq INTEGER,              -- the input that closed it
  inferred INTEGER NOT NULL DEFAULT 0,
  UNIQUE(name, source_id)
) STRICT;

CREATE TABLE deployment_step(
  deployment_id INTEGER NOT NULL,
  step INTEGER NOT NULL,           -- from 1
  actions TEXT NOT NULL,           -- JSON array of {"action","app"}
  started_ms INTEGER,
  ended_ms INTEGER,
  open INTEGER NOT NULL,
  connection INTEGER NOT NULL,     -- or file, that opened it; 0: a replay of version 1
  result TEXT,                     -- success, failed
  PRIMARY KEY(deployment_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE deployment_app(
  deployment_id INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  action TEXT NOT NULL,
  counted INTEGER NOT NULL,        -- 1: known when the deployment was counted
  PRIMARY KEY(deployment_id, app_id, action)
) STRICT, WITHOUT ROWID;

CREATE TABLE event(
  seq INTEGER PRIMARY KEY,         -- order of the fold, over all sources
  source_id INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,        -- the time used, never computed again
  lag_ms INTEGER,                  -- receive time minus time; NULL in a replay, which has none
  received INTEGER NOT NULL,       -- 1: the receive time was used (clock = 'received')
  connection INTEGER NOT NULL,     -- or file; 0: a replay of version 1
  type_id INTEGER NOT NULL,        -- text
  app_id INTEGER,
  entity INTEGER,                  -- row << 2 | 1 task, 2 instance, 3 text
  deployment_id INTEGER,
  payload TEXT                     -- the body; NULL where payloads are packed, or not kept
) STRICT;

-- Kept up to date in a bulk load too: events come nearly in order of time, so that it grows at its end.
CREATE INDEX event_time ON event(time_ms / 1000.0);

-- Payloads of a bulk replay, many to a block. What reads them is src/record/payloads.hpp.
CREATE TABLE payload_block(
  first_seq INTEGER PRIMARY KEY,
  last_seq INTEGER NOT NULL,       -- no other block has an event between the two
  events INTEGER NOT NULL,         -- how many have their payload here
  packed BLOB NOT NULL             -- zstd: seq less first_seq and length of each (32 bits, little endian), then the bodies
) STRICT;

-- 128-bit hashes of the bodies stored, 16 bytes each, near in time together: who comes again is a duplicate.
CREATE TABLE identity(
  identity_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  bucket INTEGER NOT NULL,         -- own time / 65536 ms; bodies without a time: below -2^40, by hash; parts of
                                   -- a bucket with over 65,536 bodies: below -2^55
  connection INTEGER NOT NULL,
  hashes BLOB NOT NULL
) STRICT;
CREATE INDEX identity_bucket ON identity(source_id, bucket);

CREATE TABLE rejected(
  rejected_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,        -- receive time
  seq INTEGER,                     -- the event, for missing_field
  reason TEXT NOT NULL,
  what TEXT NOT NULL,              -- the field or fault, and where
  sample TEXT                      -- first 4096 bytes; NULL after 100 of a reason within a minute
) STRICT;

CREATE TABLE task_transition(
  seq INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  time_low_ms INTEGER,             -- inferred ones: not before
  app_id INTEGER NOT NULL,
  task_id INTEGER NOT NULL,
  from_id INTEGER NOT NULL,        -- text; 'none' at first sight
  to_id INTEGER NOT NULL,
  dwell_ms INTEGER,
  host_id INTEGER,
  version_id INTEGER,
  message TEXT,
  unexpected INTEGER NOT NULL,
  inferred INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE task_late_event(
  seq INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  task_id INTEGER NOT NULL,
  from_id INTEGER NOT NULL,
  to_id INTEGER NOT NULL
) STRICT;

CREATE TABLE instance_transition(
  seq INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  instance_id INTEGER NOT NULL,
  from_id INTEGER NOT NULL,
  to_id INTEGER NOT NULL,
  dwell_ms INTEGER,
  host_id INTEGER,
  inferred INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE health_failure(
  seq INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  entity INTEGER,                  -- as in event
  protocol_id INTEGER NOT NULL,    -- text
  check_id INTEGER NOT NULL        -- text
) STRICT;

CREATE TABLE health_transition(
  seq INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  time_low_ms INTEGER,
  app_id INTEGER NOT NULL,
  entity INTEGER,
  from_health INTEGER NOT NULL,    -- 0 unknown, 1 healthy, 2 unhealthy
  to_health INTEGER NOT NULL,
  dwell_ms INTEGER,
  inferred INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE unhealthy_kill(
  seq INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  task TEXT,
  instance TEXT,
  host TEXT,
  reason TEXT
) STRICT;

CREATE TABLE deployment_correction(
  seq INTEGER NOT NULL,            -- the event that showed it
  time_ms INTEGER NOT NULL,
  deployment_id INTEGER NOT NULL,
  from_outcome TEXT NOT NULL,
  to_outcome TEXT NOT NULL,
  PRIMARY KEY(seq, deployment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_call(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL, app_id INTEGER,
  verb TEXT NOT NULL, uri TEXT, client_ip TEXT
) STRICT;

CREATE TABLE group_change(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  result TEXT NOT NULL, group_id TEXT, version TEXT, reason TEXT
) STRICT;

CREATE TABLE scheduler_event(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  event TEXT NOT NULL, master TEXT
) STRICT;

CREATE TABLE subscriber(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  event TEXT NOT NULL, address TEXT
) STRICT;

CREATE TABLE unknown_termination(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL, app_id INTEGER,
  entity TEXT, condition TEXT
) STRICT;

CREATE TABLE framework_message(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  executor TEXT, agent TEXT, bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE health_check(
  app_id INTEGER NOT NULL,
  check_key TEXT NOT NULL,
  protocol TEXT NOT NULL,
  interval_s REAL,                 -- seconds between probes; NULL: not known
  since_ms INTEGER NOT NULL,       -- first heard of
  until_ms INTEGER,                -- remove_health_check_event
  PRIMARY KEY(app_id, check_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE app_hour(
  app_id INTEGER NOT NULL,
  hour_ms INTEGER NOT NULL,        -- its begin
  failures INTEGER NOT NULL,
  flaps INTEGER NOT NULL,
  kills INTEGER NOT NULL,
  unhealthy_ms INTEGER NOT NULL,   -- without what app_hour_run says of that hour
  observed_ms INTEGER NOT NULL,
  PRIMARY KEY(app_id, hour_ms)
) STRICT, WITHOUT ROWID;

-- Whole hours in a row in which the health of an app did not change: one row however long.
CREATE TABLE app_hour_run(
  run_id INTEGER PRIMARY KEY,
  app_id INTEGER NOT NULL,
  hour_ms INTEGER NOT NULL,        -- the first
  hours INTEGER NOT NULL,
  unhealthy_ms INTEGER NOT NULL,   -- of each hour
  observed_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX app_hour_run_app ON app_hour_run(app_id, hour_ms);

-- Counters and gauges as they were after the last committed input. `cell` numbers them within a source.
CREATE TABLE counter(
  source_id INTEGER NOT NULL,
  cell INTEGER NOT NULL,
  family TEXT NOT NULL,
  app_id INTEGER NOT NULL,         -- 0: no app label, -1: `other`
  a TEXT NOT NULL,                 -- label values beside source and app, '' where there is none
  b TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY(source_id, cell)
) STRICT, WITHOUT ROWID;

CREATE TABLE histogram(
  source_id INTEGER NOT NULL,
  family TEXT NOT NULL,
  a TEXT NOT NULL,
  bounds TEXT NOT NULL,            -- JSON array of ms, without +Inf
  counts TEXT NOT NULL,            -- JSON array, one longer, not cumulative
  sum_ms INTEGER NOT NULL,
  mixed INTEGER NOT NULL DEFAULT 0, -- 1: some values were counted under other bounds, and moved up to the next of these
  PRIMARY KEY(source_id, family, a)
) STRICT, WITHOUT ROWID;
-- The views: public, see README. `time` is in seconds, so the indices are on the same expression.

CREATE VIEW v_events AS
SELECT e.seq, e.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', e.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, t.value AS event_type, a.name AS app,
  CASE e.entity & 3 WHEN 1 THEN (SELECT name FROM task WHERE task_id = e.entity >> 2)
    WHEN 2 THEN (SELECT name FROM instance WHERE instance_id = e.entity >> 2)
    WHEN 3 THEN (SELECT value FROM text WHERE text_id = e.entity >> 2) END AS entity,
  (SELECT name FROM deployment WHERE deployment_id = e.deployment_id) AS deployment_id,
  CASE e.received WHEN 0 THEN 'event' ELSE 'received' END AS clock, e.payload
FROM event e JOIN source s USING (source_id) JOIN text t ON t.text_id = e.type_id LEFT JOIN app a USING (app_id);

CREATE VIEW v_rejected AS
SELECT r.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', r.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, r.reason, r.sample, r.what, r.seq
FROM rejected r JOIN source s USING (source_id);

CREATE VIEW v_tasks AS
SELECT s.name AS source, t.name AS task, a.name AS app, i.name AS instance, h.value AS host, st.value AS state,
  t.since_ms / 1000.0 AS since, t.first_seen_ms / 1000.0 AS first_seen, t.ended_ms / 1000.0 AS ended,
  v.value AS version
FROM task t JOIN source s USING (source_id) JOIN app a USING (app_id) JOIN text st ON st.text_id = t.state_id
  JOIN instance i USING (instance_id) LEFT JOIN text h ON h.text_id = t.host_id
  LEFT JOIN text v ON v.text_id = t.version_id;

CREATE VIEW v_task_transitions AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, t.name AS task, f.value AS from_state, o.value AS to_state,
  x.dwell_ms / 1000.0 AS dwell_s, h.value AS host, v.value AS version, x.message, x.unexpected,
  CASE x.inferred WHEN 0 THEN 'observed' ELSE 'inferred' END AS provenance, x.time_low_ms / 1000.0 AS time_low
FROM task_transition x JOIN app a USING (app_id) JOIN source s ON s.source_id = a.source_id
  JOIN task t USING (task_id) JOIN text f ON f.text_id = x.from_id JOIN text o ON o.text_id = x.to_id
  LEFT JOIN text h ON h.text_id = x.host_id LEFT JOIN text v ON v.text_id = x.version_id;

CREATE VIEW v_task_late_events AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, t.name AS task, f.value AS from_state, o.value AS to_state
FROM task_late_event x JOIN app a USING (app_id) JOIN source s ON s.source_id = a.source_id
  JOIN task t USING (task_id) JOIN text f ON f.text_id = x.from_id JOIN text o ON o.text_id = x.to_id;

CREATE VIEW v_instances AS
SELECT s.name AS source, i.name AS instance, a.name AS app, h.value AS host, c.value AS condition,
  CASE i.health WHEN 1 THEN 1 WHEN 2 THEN 0 END AS healthy, i.since_ms / 1000.0 AS since,
  i.first_seen_ms / 1000.0 AS first_seen, i.ended_ms / 1000.0 AS ended
FROM instance i JOIN source s USING (source_id) JOIN app a USING (app_id)
  JOIN text c ON c.text_id = i.condition_id LEFT JOIN text h ON h.text_id = i.host_id;

CREATE VIEW v_instance_transitions AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, i.name AS instance, f.value AS from_state, o.value AS to_state,
  x.dwell_ms / 1000.0 AS dwell_s, h.value AS host,
  CASE x.inferred WHEN 0 THEN 'observed' ELSE 'inferred' END AS provenance
FROM instance_transition x JOIN app a USING (app_id) JOIN source s ON s.source_id = a.source_id
  JOIN instance i USING (instance_id) JOIN text f ON f.text_id = x.from_id JOIN text o ON o.text_id = x.to_id
  LEFT JOIN text h ON h.text_id = x.host_id;

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
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app,
  CASE x.entity & 3 WHEN 1 THEN (SELECT name FROM task WHERE task_id = x.entity >> 2)
    WHEN 2 THEN (SELECT name FROM instance WHERE instance_id = x.entity >> 2)
    WHEN 3 THEN (SELECT value FROM text WHERE text_id = x.entity >> 2) END AS entity,
  p.value AS protocol, k.value AS check_key
FROM health_failure x JOIN app a USING (app_id) JOIN source s ON s.source_id = a.source_id
  JOIN text p ON p.text_id = x.protocol_id JOIN text k ON k.text_id = x.check_id;

CREATE VIEW v_health_transitions AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app,
  CASE x.entity & 3 WHEN 1 THEN (SELECT name FROM task WHERE task_id = x.entity >> 2)
    WHEN 2 THEN (SELECT name FROM instance WHERE instance_id = x.entity >> 2)
    WHEN 3 THEN (SELECT value FROM text WHERE text_id = x.entity >> 2) END AS entity,
  CASE x.from_health WHEN 0 THEN 'unknown' WHEN 1 THEN 'healthy' ELSE 'unhealthy' END AS from_health,
  CASE x.to_health WHEN 0 THEN 'unknown' WHEN 1 THEN 'healthy' ELSE 'unhealthy' END AS to_health,
  x.dwell_ms / 1000.0 AS dwell_s,
  CASE x.inferred WHEN 0 THEN 'observed' ELSE 'inferred' END AS provenance, x.time_low_ms / 1000.0 AS time_low
FROM health_transition x JOIN app a USING (app_id) JOIN source s ON s.source_id = a.source_id;

CREATE VIEW v_unhealthy_kills AS
SELECT x.seq, x.time_ms / 1000.0 AS time, strftime('%Y-%m-%dT%H:%M:%fZ', x.time_ms / 1000.0, 'unixepoch') AS ts,
  s.name AS source, a.name AS app, x.task, x.instance, x.host, x.reason
FROM unhealthy_kill x JOIN app a USING (app_id) JOIN source s ON s.source_id = a.source_id;

-- Health time per app and hour. What lies between the time counted and the source's clock is still open: it is
-- cut into hours here, so that the sum over the hours is the counter.
CREATE VIEW v_app_health_hourly AS
WITH RECURSIVE
open_time(app_id, from_ms, until_ms, unhealthy, observed) AS (
  SELECT a.app_id, a.accrued_until_ms, s.last_event_ms, a.unhealthy_now, a.healthy_now + a.unhealthy_now
  FROM app a JOIN source s USING (source_id)
  WHERE a.healthy_now + a.unhealthy_now > 0 AND s.last_event_ms > a.accrued_until_ms),
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
probed AS (
  SELECT h.*, (SELECT sum(1 / c.interval_s) FROM health_check c WHERE c.app_id = h.app_id
    AND c.interval_s IS NOT NULL AND (c.until_ms IS NULL OR c.until_ms > h.hour_ms)) AS probes_per_s
  FROM hourly h)
SELECT s.name AS source, a.name AS app, p.hour_ms / 1000 AS hour, p.failures, p.flaps, p.kills, p.unhealthy_s,
  p.observed_s, CASE WHEN p.observed_s > 0 THEN p.unhealthy_s / p.observed_s END AS unhealthy_ratio,
  p.observed_s * p.probes_per_s AS expected_checks,
  CASE WHEN p.observed_s * p.probes_per_s > 0
    THEN p.failures / (p.observed_s * p.probes_per_s) END AS check_failure_ratio,
  1.0 AS coverage
FROM probed p JOIN app a USING (app_id) JOIN source s USING (source_id);

-- Quantiles by nearest rank over the observed dwell times.
CREATE VIEW v_app_state_durations AS
WITH ranked AS (
  SELECT app_id, from_id, dwell_ms,
    row_number() OVER (PARTITION BY app_id, from_id ORDER BY dwell_ms) AS rank,
    count(*) OVER (PARTITION BY app_id, from_id) AS n
  FROM task_transition WHERE dwell_ms IS NOT NULL AND inferred = 0)
SELECT s.name AS source, a.name AS app, t.value AS state, r.n,
  min(CASE WHEN r.rank * 100 >= r.n * 50 THEN r.dwell_ms END) / 1000.0 AS p50_s,
  min(CASE WHEN r.rank * 100 >= r.n * 95 THEN r.dwell_ms END) / 1000.0 AS p95_s,
  min(CASE WHEN r.rank * 100 >= r.n * 99 THEN r.dwell_ms END) / 1000.0 AS p99_s,
  max(r.dwell_ms) / 1000.0 AS max_s
FROM ranked r JOIN app a USING (app_id) JOIN source s USING (source_id) JOIN text t ON t.text_id = r.from_id
GROUP BY r.app_id, r.from_id;

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
-- Indices for reading, built after a bulk load into an empty file; each has its question in README and a test.
CREATE INDEX IF NOT EXISTS task_transition_app ON task_transition(app_id, time_ms / 1000.0);
CREATE INDEX IF NOT EXISTS task_transition_task ON task_transition(task_id);
CREATE INDEX IF NOT EXISTS deployment_time ON deployment(coalesce(started_ms, requested_ms, ended_ms) / 1000.0);
CREATE INDEX IF NOT EXISTS deployment_app_app ON deployment_app(app_id);
-- Names: for questions, and for the writer once the fold has forgotten some.
CREATE INDEX IF NOT EXISTS task_name ON task(name, source_id);
CREATE INDEX IF NOT EXISTS instance_name ON instance(name, source_id);
CREATE INDEX IF NOT EXISTS task_current ON task(app_id, ended_ms / 1000.0);
-- For the start: what is current, and the last ended ones in the order of their end.
CREATE INDEX IF NOT EXISTS task_ended ON task(source_id, ended_seq);
CREATE INDEX IF NOT EXISTS instance_idle ON instance(source_id, idle_seq);
CREATE INDEX IF NOT EXISTS deployment_closed ON deployment(source_id, closed_seq);
