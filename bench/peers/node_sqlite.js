// The same with Node: JSON.parse and better-sqlite3 (npm).   node node_sqlite.js FILE.ndjson DATABASE [--no-payload]
'use strict';
const fs = require('fs');
const Database = require('better-sqlite3');

const [file, database] = process.argv.slice(2);
const keepPayload = !process.argv.includes('--no-payload');
const BATCH = 10000;
const RANKS = new Map([
  ['TASK_STAGING', 1], ['TASK_STARTING', 2], ['TASK_RUNNING', 3], ['TASK_KILLING', 4], ['TASK_LOST', 4],
  ['TASK_UNREACHABLE', 4], ['TASK_UNKNOWN', 4], ['TASK_GONE_BY_OPERATOR', 4], ['TASK_FINISHED', 5],
  ['TASK_FAILED', 5], ['TASK_KILLED', 5], ['TASK_ERROR', 5], ['TASK_DROPPED', 5], ['TASK_GONE', 5]]);

const db = new Database(database);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = NORMAL');
db.exec(`
CREATE TABLE event(seq INTEGER PRIMARY KEY, time TEXT, type TEXT, app TEXT, entity TEXT, payload TEXT);
CREATE TABLE transition(seq INTEGER PRIMARY KEY, time TEXT, app TEXT, task TEXT, from_state TEXT, to_state TEXT);
CREATE TABLE deployment(id TEXT PRIMARY KEY, started TEXT, ended TEXT, outcome TEXT);
CREATE TABLE failure(seq INTEGER PRIMARY KEY, time TEXT, app TEXT, entity TEXT);`);
const insertEvent = db.prepare('INSERT INTO event VALUES (?,?,?,?,?,?)');
const insertTransition = db.prepare('INSERT INTO transition VALUES (?,?,?,?,?,?)');
const insertFailure = db.prepare('INSERT INTO failure VALUES (?,?,?,?)');
const insertDeployment = db.prepare('INSERT INTO deployment VALUES (?,?,?,?)');

const tasks = new Map();  // id -> {state, rank, entered}
const deployments = new Map();  // id -> {started, ended, outcome}
const counts = {events: 0, transitions: 0, failures: 0};

function see(line) {
  const event = JSON.parse(line);
  const time = event.timestamp;
  const app = event.appId || event.runSpecId || null;
  const entity = event.taskId || event.instanceId || null;
  const seq = ++counts.events;
  insertEvent.run(seq, time, event.eventType, app, entity, keepPayload ? line : null);
  switch (event.eventType) {
    case 'status_update_event':
      seeTask(seq, time, app, entity, event.taskStatus);
      break;
    case 'failed_health_check_event':
      insertFailure.run(seq, time, app, entity);
      ++counts.failures;
      break;
    case 'deployment_info':
      if (!deployments.has(event.plan.id)) deployments.set(event.plan.id, {started: time, ended: null, outcome: ''});
      break;
    case 'deployment_success':
    case 'deployment_failed': {
      const started = (deployments.get(event.id) || {started: null}).started;
      deployments.set(event.id, {started, ended: time, outcome: event.eventType.slice(11)});
    }
  }
}

function seeTask(seq, time, app, id, state) {
  const rank = RANKS.get(state) || 3;
  const task = tasks.get(id);
  if (!task) {
    tasks.set(id, {state, rank, entered: time});
  } else {
    if (state === task.state || task.rank === 5 || (rank < task.rank && time < task.entered)) return;
  }
  insertTransition.run(seq, time, app, id, task ? task.state : 'none', state);
  ++counts.transitions;
  if (task) {
    task.state = state;
    task.rank = rank;
    task.entered = time;
  }
}

const seeAll = db.transaction((lines) => lines.forEach(see));
const input = fs.openSync(file);
const chunk = Buffer.allocUnsafe(4 << 20);
let held = 0;  // bytes at the begin of the chunk that are not yet a line
let lines = [];
for (let read; (read = fs.readSync(input, chunk, held, chunk.length - held)) > 0;) {
  const end = held + read;
  const last = chunk.lastIndexOf(10, end - 1) + 1;
  for (const line of chunk.toString('utf8', 0, last).split('\n')) {
    if (line) lines.push(line);
    if (lines.length === BATCH) {
      seeAll(lines);
      lines = [];
    }
  }
  chunk.copy(chunk, 0, last, end);
  held = end - last;
}
seeAll(lines);
db.transaction(() => {
  for (const [id, d] of deployments) insertDeployment.run(id, d.started, d.ended, d.outcome);
})();
db.close();
counts.deployments = [...deployments.values()].filter((d) => d.ended).length;
console.log(JSON.stringify(counts));
