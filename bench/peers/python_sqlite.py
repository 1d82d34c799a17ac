#!/usr/bin/env python3
"""What one would write instead in an afternoon: json + sqlite3, the same events stored with their payload, the same
transitions, deployments and failed checks.   python_sqlite.py FILE.ndjson DATABASE"""

import json
import sqlite3
import sys

db = sqlite3.connect(sys.argv[2])
db.executescript("""
PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
CREATE TABLE event(seq INTEGER PRIMARY KEY, time TEXT, type TEXT, app TEXT, entity TEXT, payload TEXT);
CREATE TABLE transition(seq INTEGER PRIMARY KEY, time TEXT, app TEXT, task TEXT, from_state TEXT, to_state TEXT);
CREATE TABLE deployment(id TEXT PRIMARY KEY, started TEXT, ended TEXT, outcome TEXT);
CREATE TABLE failure(seq INTEGER PRIMARY KEY, time TEXT, app TEXT, entity TEXT);
""")
FINAL = {"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_DROPPED", "TASK_GONE"}
events, transitions, failures, deployments, states = [], [], [], {}, {}


def flush():
    db.executemany("INSERT INTO event VALUES (?,?,?,?,?,?)", events)
    db.executemany("INSERT INTO transition VALUES (?,?,?,?,?,?)", transitions)
    db.executemany("INSERT INTO failure VALUES (?,?,?,?)", failures)
    db.commit()
    events.clear(), transitions.clear(), failures.clear()


counts = {"events": 0, "transitions": 0, "failures": 0}
with open(sys.argv[1], "rb") as file:
    for seq, line in enumerate(file, 1):
        event = json.loads(line)
        kind, time = event["eventType"], event["timestamp"]
        app = event.get("appId") or event.get("runSpecId")
        entity = event.get("taskId") or event.get("instanceId")
        events.append((seq, time, kind, app, entity, line.decode()))
        if kind == "status_update_event":
            task, state = entity, event["taskStatus"]
            before = states.get(task)
            if state != before and before not in FINAL:
                transitions.append((seq, time, app, task, before or "none", state))
                states[task] = state
                counts["transitions"] += 1
        elif kind == "failed_health_check_event":
            failures.append((seq, time, app, entity))
            counts["failures"] += 1
        elif kind == "deployment_info":
            deployments.setdefault(event["plan"]["id"], [time, None, "running"])
        elif kind in ("deployment_success", "deployment_failed"):
            deployment = deployments.setdefault(event["id"], [None, None, "running"])
            deployment[1:] = [time, kind[11:]]
        counts["events"] += 1
        if len(events) == 10000:
            flush()
flush()
db.executemany("INSERT INTO deployment VALUES (?,?,?,?)", [(key, *value) for key, value in deployments.items()])
db.commit()
counts["deployments"] = sum(1 for value in deployments.values() if value[1])
print(json.dumps(counts))
