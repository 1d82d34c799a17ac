// DuckDB (npm @duckdb/node-api, all cores): a table of columns and one of raw lines, then the facts by SQL.
//   node duckdb.js FILE.ndjson DATABASE [--load-only]
'use strict';
const {DuckDBInstance} = require('@duckdb/node-api');

const [file, database] = process.argv.slice(2);
const loadOnly = process.argv.includes('--load-only');
const quoted = `'${file.replace(/'/g, "''")}'`;

const load = `
CREATE TABLE event AS
SELECT timestamp AS time, eventType AS type, coalesce(appId, runSpecId) AS app, coalesce(taskId, instanceId) AS entity,
       taskStatus AS state, coalesce(id, plan.id) AS deployment, row_number() OVER () AS seq
FROM read_ndjson(${quoted}, maximum_object_size = 67108864, columns = {eventType: 'VARCHAR', timestamp: 'VARCHAR',
  appId: 'VARCHAR', runSpecId: 'VARCHAR', taskId: 'VARCHAR', instanceId: 'VARCHAR', taskStatus: 'VARCHAR', id: 'VARCHAR',
  plan: 'STRUCT(id VARCHAR)'});
CREATE TABLE line AS
SELECT * FROM read_csv(${quoted}, columns = {payload: 'VARCHAR'}, delim = '\\x01', quote = '', escape = '', header = false,
  auto_detect = false, max_line_size = 67108864);`;

// A final state stays; a lower state that is older than the one before came late.
const facts = `
CREATE TABLE transition AS
WITH status AS (
  SELECT seq, time, app, entity, state,
         CASE state WHEN 'TASK_STAGING' THEN 1 WHEN 'TASK_STARTING' THEN 2 WHEN 'TASK_RUNNING' THEN 3
           WHEN 'TASK_KILLING' THEN 4 WHEN 'TASK_LOST' THEN 4 WHEN 'TASK_UNREACHABLE' THEN 4 WHEN 'TASK_UNKNOWN' THEN 4
           WHEN 'TASK_GONE_BY_OPERATOR' THEN 4 WHEN 'TASK_FINISHED' THEN 5 WHEN 'TASK_FAILED' THEN 5
           WHEN 'TASK_KILLED' THEN 5 WHEN 'TASK_ERROR' THEN 5 WHEN 'TASK_DROPPED' THEN 5 WHEN 'TASK_GONE' THEN 5
           ELSE 3 END AS rank
  FROM event WHERE type = 'status_update_event'),
beside AS (
  SELECT *, lag(rank) OVER task AS rank_before, lag(time) OVER task AS time_before,
         max(rank) OVER (task ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS highest
  FROM status WINDOW task AS (PARTITION BY entity ORDER BY seq)),
changes AS (
  SELECT seq, time, app, entity, coalesce(lag(state) OVER (PARTITION BY entity ORDER BY seq), 'none') AS from_state, state
  FROM beside
  WHERE highest IS NULL OR (highest < 5 AND NOT (rank < rank_before AND time < time_before)))
SELECT * FROM changes WHERE from_state <> state;
CREATE TABLE deployment AS
SELECT deployment AS id, min(time) FILTER (type = 'deployment_info') AS started,
       max(time) FILTER (type IN ('deployment_success', 'deployment_failed')) AS ended
FROM event WHERE deployment IS NOT NULL AND type LIKE 'deployment%' GROUP BY 1;`;

async function main() {
  const instance = await DuckDBInstance.create(database);
  const db = await instance.connect();
  const ask = async (sql) => Number((await db.runAndReadAll(sql)).getRows()[0][0]);
  await db.run('SET preserve_insertion_order = true');
  await db.run(load);
  const counts = {
    events: await ask('SELECT count(*) FROM line'),
    failures: await ask("SELECT count(*) FROM event WHERE type = 'failed_health_check_event'"),
  };
  if (!loadOnly) {
    await db.run(facts);
    counts.transitions = await ask('SELECT count(*) FROM transition');
    counts.deployments = await ask('SELECT count(*) FROM deployment WHERE ended IS NOT NULL');
  }
  await db.run('CHECKPOINT');
  db.closeSync();
  instance.closeSync();
  console.log(JSON.stringify(counts));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
