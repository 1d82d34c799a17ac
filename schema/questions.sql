-- The questions of `marathon-tally query @NAME [key=value]...`. Each begins with `-- @NAME key...: what it answers`
-- and says how it is answered: by which index, or by reading a whole table (a test holds SQLite's plan against it).

-- @app_hour app t: what happened to this app in the hour from t (epoch seconds)
-- minutes
SELECT ts, event_type, entity, payload FROM v_events
WHERE seq BETWEEN (SELECT min(first_seq) FROM v_minutes WHERE minute >= :t / 60 AND minute <= (:t + 3600) / 60)
    AND (SELECT max(last_seq) FROM v_minutes WHERE minute >= :t / 60 AND minute <= (:t + 3600) / 60)
  AND app = :app AND time BETWEEN :t AND :t + 3600 ORDER BY time;

-- @app_tasks app t: how its tasks moved since t, and why they ended
-- index task_app, index input_task
SELECT ts, task, from_state, to_state, dwell_s, host, message FROM v_task_transitions
WHERE seq IN (SELECT seq FROM app CROSS JOIN task USING (app_id) CROSS JOIN input USING (task_id) WHERE app.name = :app)
  AND app = :app AND time >= :t ORDER BY time;

-- @task task: one task's life
-- full scan of task, then index input_task
SELECT ts, from_state, to_state, dwell_s, host, message FROM v_task_transitions WHERE task = :task ORDER BY seq;

-- @instance instance: what became of an instance
-- full scan of instance
SELECT condition, healthy, app, host, since, first_seen, ended FROM v_instances WHERE instance = :instance;

-- @running app: what runs now
-- index task_app
SELECT task, state, host, since FROM v_tasks WHERE app = :app AND ended IS NULL;

-- @slowest t: the slowest deployments since t
-- index deployment_time
SELECT ts, deployment_id, apps, kind, outcome, duration_s, reruns FROM v_deployments
WHERE time >= :t ORDER BY duration_s DESC LIMIT 10;

-- @app_deployments app: the last deployments of an app
-- index deployment_app_app
SELECT d.ts, d.deployment_id, a.action, d.outcome, d.duration_s, d.reason
FROM v_deployment_apps a JOIN v_deployments d USING (source, deployment_id)
WHERE a.app = :app ORDER BY d.time DESC LIMIT 20;

-- @steps deployment: where a deployment spent its time
-- index sqlite_autoindex_deployment_1
SELECT step, actions, duration_s, result FROM v_deployment_steps WHERE deployment_id = :deployment ORDER BY step;

-- @unhealthy t: flapping and failing apps since t, by whole hours
-- full scan of app_hour
SELECT app, sum(failures) AS failures, sum(flaps) AS flaps, sum(kills) AS kills, round(sum(unhealthy_s)) AS unhealthy_s,
  sum(unhealthy_s) / sum(observed_s) AS unhealthy_ratio
FROM v_app_health_hourly WHERE hour >= :t GROUP BY app HAVING sum(failures) > 0 ORDER BY failures DESC LIMIT 10;

-- @failing_hosts t: hosts on which tasks failed since t
-- minutes
SELECT host, count(*) AS failed FROM v_task_transitions
WHERE seq BETWEEN (SELECT min(first_seq) FROM v_minutes WHERE minute >= :t / 60)
    AND (SELECT max(last_seq) FROM v_minutes WHERE minute >= :t / 60)
  AND to_state IN ('TASK_FAILED', 'TASK_ERROR', 'TASK_LOST', 'TASK_GONE') AND time >= :t GROUP BY host ORDER BY failed DESC LIMIT 10;

-- @state_durations app: how long tasks of an app stay in each state
-- full scan of input
SELECT state, n, p50_s, p95_s, p99_s, max_s FROM v_app_state_durations WHERE app = :app;

-- @rejected t: what was rejected since t, and why
-- full scan of rejected
SELECT ts, reason, what, sample FROM v_rejected WHERE time >= :t ORDER BY time DESC LIMIT 20;
