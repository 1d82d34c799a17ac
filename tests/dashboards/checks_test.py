#!/usr/bin/env python3
"""The checks find what they are there for: each test breaks one thing in a sound dashboard or rule."""

import copy
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import boards
import promql
import rule_file
import static_checks
from families import Series
from findings import Findings

SERIES = {
    "marathon_tasks": Series("marathon_tasks", "gauge", {"source", "app", "state"}),
    "marathon_events_total": Series("marathon_events_total", "counter", {"source", "event_type"}),
}


def panel(number, x, **more):
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "id": number, "title": f"P{number}", "type": "stat", "datasource": source,
        "description": "What it means and when to worry, in a sentence or two.",
        "gridPos": {"x": x, "y": 0, "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": "short", "thresholds": {}}},
        "targets": [{"refId": "A", "datasource": source, "expr": "sum by (app) (marathon_tasks)", "legendFormat": "{{app}}"}],
    } | more


def sound_board():
    variables = [{"name": name, "type": "custom"} for name in ("datasource", "source", "app")]
    return {
        "id": None, "uid": "u", "schemaVersion": 39, "tags": ["marathon-tally"], "panels": [panel(1, 0), panel(2, 12)],
        "templating": {"list": variables}, "annotations": {"list": []},
    }


def faults_of(board):
    faults = [*static_checks.frame_faults("b.json", board, {"b.json": board}), *static_checks.grid_faults(board)]
    faults += static_checks.panel_faults(board)
    for query in boards.queries("b.json", board):
        faults += static_checks.query_faults(query, SERIES)
    return faults


def faults_of_expression(expression, legend=""):
    board = sound_board()
    board["panels"][0]["targets"][0] |= {"expr": expression, "legendFormat": legend}
    return faults_of(board)


class BoardChecksTest(unittest.TestCase):
    def broken(self, change):
        board = copy.deepcopy(sound_board())
        change(board)
        return " ".join(faults_of(board))

    def test_a_sound_board_has_no_fault(self):
        self.assertEqual([], faults_of(sound_board()))

    def test_a_panel_id_used_twice_is_found(self):
        self.assertIn("id 1 is used twice", self.broken(lambda b: b["panels"][1].update(id=1)))

    def test_overlapping_panels_are_found(self):
        self.assertIn("overlaps", self.broken(lambda b: b["panels"][1]["gridPos"].update(x=11)))

    def test_a_panel_beyond_the_24th_column_is_found(self):
        self.assertIn("leaves the grid", self.broken(lambda b: b["panels"][1]["gridPos"].update(w=13)))

    def test_a_fixed_datasource_is_found(self):
        fixed = {"type": "prometheus", "uid": "abc"}
        self.assertIn("variable datasource", self.broken(lambda b: b["panels"][0].update(datasource=fixed)))

    def test_a_panel_without_description_or_unit_is_found(self):
        self.assertIn("does not say", self.broken(lambda b: b["panels"][0].update(description="Tasks")))
        self.assertIn("no unit", self.broken(lambda b: b["panels"][0]["fieldConfig"]["defaults"].pop("unit")))

    def test_a_missing_variable_and_an_unknown_one_are_found(self):
        self.assertIn("variables are missing: ['app']", self.broken(lambda b: b["templating"]["list"].pop()))
        self.assertIn("$host is no variable", " ".join(faults_of_expression('marathon_tasks{app="$host"}')))


class ExpressionChecksTest(unittest.TestCase):
    def test_each_fault_in_an_expression_is_named(self):
        table = {
            "marathon_task": "no family marathon_task ",
            'marathon_tasks{task="x"}': "has no label task",
            "sum by (version) (marathon_tasks)": "no selector has label version",
            "sum by (source) (marathon_events_total)": "without rate or increase",
            "rate(marathon_tasks[$__rate_interval])": "with a range",
            "rate(marathon_events_total[5m])": "does not follow the time shown",
        }
        for expression, fault in table.items():
            with self.subTest(expression):
                self.assertIn(fault, " ".join(faults_of_expression(expression)))
        self.assertIn("legend names label host", " ".join(faults_of_expression("marathon_tasks", "{{host}}")))

    def test_sound_expressions_have_no_fault(self):
        for expression in (
            'topk(3, sum without (state) (marathon_tasks{app=~"$app", state!="a{b}"}) > 0) or vector(0)',
            'sum by (event_type) (rate(marathon_events_total{source=~"$source"}[$__rate_interval])) * 2.5e1',
            "marathon_tasks offset 5m and on (job, instance) marathon_tasks",
        ):
            with self.subTest(expression):
                self.assertEqual([], faults_of_expression(expression))

    def test_a_selector_is_returned_as_it_was_written(self):
        selectors = promql.mentions('sum(rate(a_b{c="d)", e!~"f}"}[5m])) by (g) > bool 0 unless h:i:j').selectors
        self.assertEqual([('a_b{c="d)", e!~"f}"}', "5m"), ("h:i:j", "")], [(s.text, s.range) for s in selectors])
        self.assertEqual(["c", "e"], selectors[0].labels)


class RuleChecksTest(unittest.TestCase):
    TEXT = """
groups:
  - name: g
    rules:
      - record: app:marathon_tasks:sum
        expr: sum without (state) (marathon_tasks)
      - alert: MarathonTest
        expr: >-
          app:marathon_tasks:sum
          > 1
        labels:
          severity: warning
        annotations: &words
          summary: 'Look at {{ $labels.app }}'
          description: it is so
          runbook: >-
            do this
      - alert: MarathonOther
        expr: marathon_tasks > 1
        labels: {severity: none}
        annotations: *words
"""

    def rules(self, text=TEXT):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "r.yml")
            path.write_text(text)
            return rule_file.read(path)

    def faults(self, before, after):
        rules = self.rules(self.TEXT.replace("labels: {severity: none}", "labels:\n          severity: info").replace(before, after))
        return " ".join(fault for rule in rules for fault in static_checks.rule_faults(rule, rules, SERIES))

    def test_blocks_quotes_and_anchors_are_read(self):
        rules = self.rules()
        self.assertEqual(["app:marathon_tasks:sum", "MarathonTest", "MarathonOther"], [rule.name for rule in rules])
        self.assertEqual("app:marathon_tasks:sum > 1", rules[1].fields["expr"])
        self.assertEqual("Look at {{ $labels.app }}", rules[1].fields["summary"])
        self.assertEqual("do this", rules[2].fields["runbook"])

    def test_each_fault_in_a_rule_is_named(self):
        self.assertEqual("", self.faults("", ""))
        for before, after, fault in (
            ("severity: warning", "severity: bad", "severity is not one of"),
            ("description: it is so", "", "no description"),
            ("record: app:marathon_tasks:sum", "record: marathon_tasks_sum", "not level:metric:operations"),
            ("record: app:marathon_tasks:sum", "record: app:marathon_tasks:max", "no recording rule app:marathon_tasks:sum"),
            ("$labels.app", "$labels.task", "names label task"),
            ("marathon_tasks > 1", "marathon_task > 1", "no family marathon_task "),
        ):
            with self.subTest(after):
                self.assertIn(fault, self.faults(before, after))

    def test_an_alert_without_a_story_in_which_it_fires_is_found(self):
        story = 'alertname="MarathonTest", severity="warning"'
        self.assertEqual(["MarathonOther (None)"], list(static_checks.untested_alerts(self.rules(), story)))


class SqlChecksTest(unittest.TestCase):
    def query(self, text):
        return boards.Query("q", boards.SQLITE, text)

    def test_a_table_is_not_a_view(self):
        self.assertEqual([], list(static_checks.table_faults(self.query("WITH a AS (SELECT 1) SELECT * FROM a JOIN v_tasks"))))
        self.assertIn("deployment is no view", " ".join(static_checks.table_faults(self.query("SELECT * FROM deployment"))))

    def test_an_unknown_column_and_an_unknown_variable_are_found(self):
        database = static_checks.sqlite3.connect(":memory:")
        database.execute("CREATE VIEW v_x AS SELECT 1 AS time")
        for text, fault in (
            ("SELECT time FROM v_x WHERE time < $__to / 1000.0", ""),
            ("SELECT tim FROM v_x", "no such column"),
            ("SELECT time FROM v_x WHERE time = ${host}", "a variable is left"),
        ):
            with self.subTest(text):
                self.assertIn(fault, " ".join(static_checks.sql_faults(database, self.query(text))))
                self.assertEqual(bool(fault), bool(list(static_checks.sql_faults(database, self.query(text)))))
        database.close()


class FindingsTest(unittest.TestCase):
    def test_the_last_line_sums_up_and_a_failure_decides_the_exit_code(self):
        out = io.StringIO()
        findings = Findings(out)
        findings.ok("a")
        findings.skip("b", "no tool")
        self.assertEqual(0, findings.end())
        findings.judge("c", ["1", "2", "3", "4"])
        self.assertEqual(1, findings.end())
        self.assertEqual("FAIL c: 1; 2; 3 (and 1 more)", out.getvalue().splitlines()[-2])
        self.assertEqual("1 passed, 1 failed, 1 skipped", out.getvalue().splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
