"""What can be said about dashboards and rules without running anything but SQLite."""

import re
import sqlite3

import boards
import promql
from families import TARGET_LABELS

COLUMNS = 24
RECORD_NAME = re.compile(r"^[a-z_]+:marathon_[a-z_]+:[a-z_0-9]+$")
RECORD_LABELS = {"source", "app", "outcome"} | TARGET_LABELS
SEVERITIES = {"critical", "warning", "info"}


def check_all(findings, root, loaded, rules, series):
    for name, board in loaded.items():
        findings.judge(f"{name} frame", frame_faults(name, board, loaded))
        findings.judge(f"{name} grid", grid_faults(board))
        findings.judge(f"{name} panels", panel_faults(board))
        findings.judge(f"{name} expressions", [fault for q in boards.queries(name, board) for fault in query_faults(q, series)])
    findings.judge("rules and alerts", [fault for rule in rules for fault in rule_faults(rule, rules, series)])
    tests = (root / "dashboards/alerts_test.yml").read_text()
    findings.judge("every alert has a test in which it fires", untested_alerts(rules, tests))
    check_sql(findings, root / "schema", loaded)


def frame_faults(name, board, loaded):
    if [other["uid"] for other in loaded.values()].count(board["uid"]) > 1:
        yield f"uid {board['uid']} is used twice"
    if board["id"] is not None:
        yield "id must be null: Grafana gives it"
    if not isinstance(board["schemaVersion"], int) or board["schemaVersion"] < 36:
        yield "schemaVersion is too old"
    if "marathon-tally" not in board["tags"]:
        yield "tag marathon-tally is missing: the links between the dashboards go by it"
    names = {variable["name"] for variable in board["templating"]["list"]}
    if missing := {"datasource", "source", "app"} - names:
        yield f"variables are missing: {sorted(missing)}"
    for variable in re.findall(r"\$\{?(\w+)", str([query.text for query in boards.queries(name, board)])):
        if variable not in names and not variable.startswith("__"):
            yield f"${variable} is no variable"


def grid_faults(board):
    ids = [panel["id"] for panel in boards.panels(board)]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"panel id {twice} is used twice"
    taken = {}
    for panel in board["panels"]:
        grid = panel["gridPos"]
        if min(grid["x"], grid["y"]) < 0 or min(grid["w"], grid["h"]) < 1 or grid["x"] + grid["w"] > COLUMNS:
            yield f"panel {panel['title']!r} leaves the grid"
            continue
        cells = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])}
        for other in sorted({taken[cell] for cell in cells if cell in taken}):
            yield f"panel {panel['title']!r} overlaps {other!r}"
        taken |= dict.fromkeys(cells, panel["title"])


def panel_faults(board):
    kind = boards.SQLITE if "sql" in board["uid"] else boards.PROMETHEUS
    for panel in boards.panels(board):
        if panel["type"] == "row":
            continue
        title = panel["title"]
        if len(panel.get("description", "")) < 40:
            yield f"{title!r} does not say what it means and when to worry"
        if not panel.get("targets"):
            yield f"{title!r} has no query"
        for place in [panel, *panel.get("targets", [])]:
            if place.get("datasource") != {"type": kind, "uid": "${datasource}"}:
                yield f"{title!r} does not use the variable datasource"
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] in ("stat", "timeseries") and not {"unit", "thresholds"} <= defaults.keys():
            yield f"{title!r} has no unit or no thresholds"
        refs = [target["refId"] for target in panel.get("targets", [])]
        if len(set(refs)) < len(refs):
            yield f"{title!r} uses a refId twice"
        for target in panel.get("targets", []):
            if target.get("rawQueryText") != target.get("queryText"):
                yield f"{title!r}: rawQueryText and queryText differ"


def query_faults(query, series):
    if query.kind == boards.SQLITE:
        return
    text = query.text
    if query.role == "variable":
        if not (parts := boards.label_values(text)):
            yield f"{query.where}: not label_values(selector, label)"
            return
        text = f"sum by ({parts[1]}) ({parts[0]})"
    found = promql.mentions(text)
    yield from selector_faults(query.where, found, series)
    for selector in found.selectors:
        if selector.range and selector.range not in ("$__rate_interval", "$__range"):
            yield f"{query.where}: [{selector.range}] does not follow the time shown"
    known = {"__name__"} | TARGET_LABELS | set(found.grouping)
    for selector in found.selectors:
        known |= series[selector.name].labels if selector.name in series else set()
    for label in re.findall(r"\{\{\s*(\w+)\s*\}\}", query.legend):
        if label not in known:
            yield f"{query.where}: legend names label {label}, which is not there"


def selector_faults(where, found, series):
    labels = set(TARGET_LABELS)
    for selector in found.selectors:
        if selector.name not in series:
            yield f"{where}: no family {selector.name} in schema/metrics.md"
            continue
        known = series[selector.name]
        labels |= known.labels
        for label in selector.labels:
            if label not in known.labels | TARGET_LABELS:
                yield f"{where}: {selector.name} has no label {label}"
        if known.kind == "counter" and not selector.range:
            yield f"{where}: counter {selector.name} without rate or increase"
        if known.kind == "gauge" and selector.range:
            yield f"{where}: gauge {selector.name} with a range"
    for label in found.grouping:
        if label not in labels:
            yield f"{where}: no selector has label {label}"


def rule_faults(rule, rules, series):
    where = f"{rule.file} {rule.name}"
    recorded = {other.name for other in rules if not other.is_alert}
    found = promql.mentions(rule.fields.get("expr", ""))
    if not found.selectors:
        yield f"{where}: no expression"
    if missing := [s.name for s in found.selectors if ":" in s.name and s.name not in recorded]:
        yield f"{where}: no recording rule {missing[0]}"
    found.selectors = [s for s in found.selectors if ":" not in s.name]
    if found.selectors:
        yield from selector_faults(where, found, series)
    if not rule.is_alert:
        if not RECORD_NAME.match(rule.name):
            yield f"{where}: not level:metric:operations"
        return
    if rule.fields.get("severity") not in SEVERITIES:
        yield f"{where}: severity is not one of {sorted(SEVERITIES)}"
    for annotation in ("summary", "description", "runbook"):
        text = rule.fields.get(annotation, "")
        if not text:
            yield f"{where}: no {annotation}"
        for label in re.findall(r"\$labels\.(\w+)", text):
            reachable = RECORD_LABELS.union(*(series[s.name].labels for s in found.selectors if s.name in series))
            if label not in reachable:
                yield f"{where}: {annotation} names label {label}, which is not there"


def untested_alerts(rules, tests):
    for rule in rules:
        fires = rf'alertname="{rule.name}", severity="{rule.fields.get("severity")}"'
        if rule.is_alert and fires not in tests:
            yield f"{rule.name} ({rule.fields.get('severity')})"


def check_sql(findings, schema, loaded):
    """Each SQL text against the real views, empty: it must compile, and use views only."""
    queries = [query for name, board in loaded.items() for query in boards.queries(name, board) if query.kind == boards.SQLITE]
    findings.judge("SQL uses views only", [fault for query in queries for fault in table_faults(query)])
    database = sqlite3.connect(":memory:")
    try:
        for part in ("history.sql", "views.sql"):
            database.executescript((schema / part).read_text())
        findings.judge("SQL fits the schema", [fault for query in queries for fault in sql_faults(database, query)])
    except sqlite3.Error as error:
        findings.fail("SQL fits the schema", str(error))
    finally:
        database.close()


def table_faults(query):
    own = set(re.findall(r"\b(\w+) AS \(", query.text))
    for name in re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", query.text):
        if not name.startswith("v_") and name not in own | {"json_each"}:
            yield f"{query.where}: {name} is no view"


def sql_faults(database, query):
    text = boards.fill_sql(query.text, 0, 1, ["x"], "x")
    if "$" in text.replace("'$.", ""):
        yield f"{query.where}: a variable is left in {text}"
        return
    try:
        database.execute(text).fetchall()
    except sqlite3.Error as error:
        yield f"{query.where}: {error}"
