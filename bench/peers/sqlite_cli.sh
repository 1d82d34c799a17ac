#!/bin/sh
# The sqlite3 shell: lines imported as they are, facts by json_extract() and lag().   sqlite_cli.sh FILE.ndjson DATABASE
sqlite3 -batch "$2" <<SQL
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -65536;
CREATE TABLE line(payload TEXT);
.mode ascii
.separator "\001" "\n"
.import '$1' line
.mode list
CREATE TEMP TABLE status AS
SELECT rowid AS seq, payload ->> 'taskId' AS task, payload ->> 'taskStatus' AS state, payload ->> 'timestamp' AS time
FROM line WHERE payload ->> 'eventType' = 'status_update_event';
CREATE TEMP TABLE rank(state TEXT PRIMARY KEY, rank INTEGER) WITHOUT ROWID;
INSERT INTO rank VALUES ('TASK_STAGING', 1), ('TASK_STARTING', 2), ('TASK_RUNNING', 3), ('TASK_KILLING', 4),
  ('TASK_LOST', 4), ('TASK_UNREACHABLE', 4), ('TASK_UNKNOWN', 4), ('TASK_GONE_BY_OPERATOR', 4), ('TASK_FINISHED', 5),
  ('TASK_FAILED', 5), ('TASK_KILLED', 5), ('TASK_ERROR', 5), ('TASK_DROPPED', 5), ('TASK_GONE', 5);
CREATE TABLE transition AS
WITH beside AS (
  SELECT seq, time, task, state, rank, lag(rank) OVER task AS rank_before, lag(time) OVER task AS time_before,
         max(rank) OVER (task ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS highest
  FROM status JOIN rank USING (state) WINDOW task AS (PARTITION BY task ORDER BY seq)),
changes AS (
  SELECT seq, time, task, coalesce(lag(state) OVER (PARTITION BY task ORDER BY seq), 'none') AS from_state, state
  FROM beside
  WHERE highest IS NULL OR (highest < 5 AND NOT (rank < rank_before AND time < time_before)))
SELECT * FROM changes WHERE from_state <> state;
SELECT json_object('events', count(*), 'transitions', (SELECT count(*) FROM transition),
  'failures', sum(payload ->> 'eventType' = 'failed_health_check_event'),
  'deployments', count(DISTINCT CASE WHEN payload ->> 'eventType' IN ('deployment_success', 'deployment_failed')
                                THEN payload ->> 'id' END))
FROM line;
SQL
