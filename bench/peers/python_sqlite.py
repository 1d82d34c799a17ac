#!/usr/bin/env python3
"""What one would write instead in an afternoon: json + sqlite3, the same events stored, the same transitions,
deployments and failed checks.   python_sqlite.py FILE.ndjson DATABASE [--no-payload]"""

import json
import sqlite3
import sys

KEEP_PAYLOAD = "--no-payload" not in sys.argv
BATCH = 10_000
RANKS = {"TASK_STAGING": 1, "TASK_STARTING": 2, "TASK_RUNNING": 3, "TASK_KILLING": 4, "TASK_LOST": 4,
         "TASK_UNREACHABLE": 4, "TASK_UNKNOWN": 4, "TASK_GONE_BY_OPERATOR": 4, "TASK_FINISHED": 5, "TASK_FAILED": 5,
         "TASK_KILLED": 5, "TASK_ERROR": 5, "TASK_DROPPED": 5, "TASK_GONE": 5}

db = sqlite3.connect(sys.argv[2])
db.executescript("""
PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
CREATE TABLE event(seq INTEGER PRIMARY KEY, time TEXT, type TEXT, app TEXT, entity TEXT, payload TEXT);
CREATE TABLE transition(seq INTEGER PRIMARY KEY, time TEXT, app TEXT, task TEXT, from_state TEXT, to_state TEXT);
CREATE TABLE deployment(id TEXT PRIMARY KEY, started TEXT, ended TEXT, outcome TEXT);
CREATE TABLE failure(seq INTEGER PRIMARY KEY, time TEXT, app TEXT, entity TEXT);
""")
events, transitions, failures, deployments = [], [], [], {}
tasks = {}  # id -> state, rank, time it was entered
counts = {"events": 0, "transitions": 0, "failures": 0}


def flush():
    db.executemany("INSERT INTO event VALUES (?,?,?,?,?,?)", events)
    db.executemany("INSERT INTO transition VALUES (?,?,?,?,?,?)", transitions)
    db.executemany("INSERT INTO failure VALUES (?,?,?,?)", failures)
    db.commit()
    counts["events"] += len(events)
    counts["transitions"] += len(transitions)
    counts["failures"] += len(failures)
    events.clear(), transitions.clear(), failures.clear()


def main():
    loads, get_rank, get_task = json.loads, RANKS.get, tasks.get
    with open(sys.argv[1], "rb") as file:
        for seq, line in enumerate(file, 1):
            event = loads(line)
            kind, time = event["eventType"], event["timestamp"]
            app = event.get("appId") or event.get("runSpecId")
            entity = event.get("taskId") or event.get("instanceId")
            events.append((seq, time, kind, app, entity, line.decode() if KEEP_PAYLOAD else None))
            if kind == "status_update_event":
                state = event["taskStatus"]
                rank = get_rank(state, 3)
                before, rank_before, entered = get_task(entity, ("none", 0, ""))
                late = rank_before == 5 or (rank < rank_before and time < entered)
                if state != before and not late:
                    transitions.append((seq, time, app, entity, before, state))
                    tasks[entity] = (state, rank, time)
            elif kind == "failed_health_check_event":
                failures.append((seq, time, app, entity))
            elif kind == "deployment_info":
                deployments.setdefault(event["plan"]["id"], [time, None, "running"])
            elif kind in ("deployment_success", "deployment_failed"):
                deployments.setdefault(event["id"], [None, None, ""])[1:] = [time, kind[11:]]
            if len(events) == BATCH:
                flush()
    flush()
    db.executemany("INSERT INTO deployment VALUES (?,?,?,?)", [(key, *value) for key, value in deployments.items()])
    db.commit()
    db.close()
    counts["deployments"] = sum(1 for value in deployments.values() if value[1])
    print(json.dumps(counts))


main()
