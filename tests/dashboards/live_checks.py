"""The proof: marathon-sim feeds marathon-tally, a real Prometheus scrapes it, and every expression of every
dashboard, rule and alert must have an answer, and every SQL panel rows."""

import shutil
import sqlite3
import tempfile
import time
from pathlib import Path

import boards
import promql
import prometheus
from processes import CannotStart, Processes, wait_until

ANSWER_SECONDS = 240  # for all answers together
# A small busy cluster, somewhat out of order: within a minute or two every kind of trouble has happened.
SIM_OPTIONS = ("--rate", "200", "--apps", "40", "--tasks", "300", "--reorder", "0.05")
# Without a series until the first such event, which a sound cluster may never send; panels show 0 then.
RARE = {"marathon_task_late_events_total", "marathon_task_unexpected_transitions_total"}
DEPLOYMENTS_TRIED = 50
TROUBLE = 'ALERTS{alertname=~"MarathonTally.+|MarathonStream.+", alertstate="firing"}'


def check_all(findings, build, root, loaded, rules):
    needed = [build / "marathon-sim", build / "marathon-tally"]
    missing = [str(path) for path in needed if not path.exists()]
    if not shutil.which("prometheus"):
        missing.append("prometheus (package prometheus)")
    if missing:
        findings.skip("live proof", f"not there: {', '.join(missing)}")
        return
    with tempfile.TemporaryDirectory(prefix="check-dashboards-") as folder, Processes(Path(folder)) as processes:
        try:
            live(findings, build, root, loaded, rules, processes)
        except CannotStart as error:
            findings.fail("live proof", error)
        for name in processes.dead():
            findings.fail(f"{name} keeps running", processes.tail(name))


def live(findings, build, root, loaded, rules, processes):
    since_ms = int(time.time() * 1000) - 60_000
    processes.start("marathon-sim", build / "marathon-sim", "serve", "--listen", "127.0.0.1:0", *SIM_OPTIONS)
    sim = processes.address("marathon-sim")
    database = processes.folder / "tally.db"
    processes.start(
        "marathon-tally", build / "marathon-tally", "run", "--marathon", f"sim={sim}",
        "--database", database, "--web.listen-address", "127.0.0.1:0",
    )
    target = processes.address("marathon-tally").removeprefix("http://")
    server = prometheus.start(processes, processes.folder, root / "dashboards", target)
    if not wait_until(server.ready, 60):
        raise CannotStart(f"prometheus is not ready: {processes.tail('prometheus')}")

    deadline = time.monotonic() + ANSWER_SECONDS
    ask_prometheus(findings, server, loaded, rules, deadline)
    ask_sqlite(findings, database, loaded, since_ms, deadline)
    quiet = [f"{labels.get('alertname')} fires" for labels, _ in server.query(TROUBLE)]
    findings.judge("no alert about marathon-tally or its stream fires", quiet)


def ask_prometheus(findings, server, loaded, rules, deadline):
    questions = {}  # what -> expression that must have an answer
    for name, board in loaded.items():
        for query in boards.queries(name, board):
            if query.kind == boards.PROMETHEUS:
                questions |= questions_of(query)
    for rule in rules:
        where = f"{rule.file} {rule.name} ({rule.fields.get('severity', 'record')})"
        if rule.is_alert:
            # An alert that has nothing to say is well; what it looks at must be there.
            questions |= {f"{where}: {s.name}": s.text for s in promql.mentions(rule.fields["expr"]).selectors}
        else:
            questions |= {f"{where} expression": rule.fields["expr"], f"{where} recorded": rule.name}
    answer_all(findings, questions, lambda expression: len(server.query(expression)), deadline)
    check_rules_evaluate(findings, server, rules, deadline)


def questions_of(query):
    text = boards.fill_promql(query.text)
    if query.role == "variable":
        selector, label = boards.label_values(text)
        return {query.where: f'group by ({label}) ({{__name__="{selector.split("{")[0]}", {label}!=""}})'}
    selectors = [s for s in promql.mentions(text).selectors if s.name not in RARE | {"ALERTS"}]
    # "or 0 * ..." would answer for a family that is not there: so each is asked for by itself, too.
    questions = {f"{query.where}: {s.name}": s.name for s in selectors}
    if query.role == "panel":
        questions[query.where] = text
    return questions


def answer_all(findings, questions, ask, deadline):
    """Asks again what has no answer yet, until the deadline; an error is final."""
    waiting = dict(questions)

    def all_answered():
        for what, question in list(waiting.items()):
            try:
                if rows := ask(question):
                    findings.ok(f"{what} ({rows})")
                    del waiting[what]
            except (ValueError, sqlite3.Error) as error:
                findings.fail(what, error)
                del waiting[what]
        return not waiting

    wait_until(all_answered, max(0.0, deadline - time.monotonic()), pause=1.0)
    for what, question in waiting.items():
        findings.fail(what, f"no answer to {question}")


def check_rules_evaluate(findings, server, rules, deadline):
    def state():
        return {(rule["name"], rule["health"], rule.get("lastError", "")) for rule in server.rules()}

    wait_until(lambda: all(health != "unknown" for _, health, _ in state()), max(0.0, deadline - time.monotonic()))
    faults = [f"{name}: {health} {error}" for name, health, error in state() if health != "ok"]
    loaded = {name for name, _, _ in state()}
    faults += [f"{rule.name} is not loaded" for rule in rules if rule.name not in loaded]
    findings.judge("every rule evaluates in Prometheus", faults)


def ask_sqlite(findings, path, loaded, since_ms, deadline):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)

    def rows(text):
        return [row for row in database.execute(text).fetchall() if any(value is not None for value in row)]

    def ask(query):
        now_ms = int(time.time() * 1000)
        sources = [row[0] for row in rows("SELECT DISTINCT source FROM v_deployments")]
        deployments = [""]
        if "${deployment:" in query.text:
            recent = f"SELECT deployment_id FROM v_deployments ORDER BY time DESC LIMIT {DEPLOYMENTS_TRIED}"
            deployments = [row[0] for row in rows(recent)]
        for deployment in deployments:
            if found := rows(boards.fill_sql(query.text, since_ms, now_ms, sources, deployment)):
                return len(found)
        return 0

    try:
        questions = {q.where: q for n, board in loaded.items() for q in boards.queries(n, board) if q.kind == boards.SQLITE}
        answer_all(findings, questions, ask, deadline)
    finally:
        database.close()
