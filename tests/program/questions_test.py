"""The questions of schema/questions.sql: each has an answer, and is answered by the index that it names."""

import pathlib
import re
import unittest

from support import Case

ROOT = pathlib.Path(__file__).parents[2]
QUESTIONS = (ROOT / "schema" / "questions.sql").read_text()


class Questions(Case):
    def test_every_question_is_answered_by_the_index_it_names(self):
        recorded = self.generate("a.ndjson", "--events", "30000", "--apps", "20", "--tasks", "200", "--bad", "0.01")
        self.replay(recorded)
        task, app = self.rows("SELECT task, app FROM v_task_transitions WHERE from_state = 'TASK_RUNNING' LIMIT 1")[0]
        deployment, its_app = self.rows("SELECT deployment_id, app FROM v_deployment_apps LIMIT 1")[0]
        instance = self.rows("SELECT instance FROM v_instances LIMIT 1")[0][0]
        start = int(self.rows("SELECT min(time) FROM v_events")[0][0]) // 3600 * 3600
        questions = re.findall(r"(?m)^-- @(\w+)([^:]*): [^\n]*\n-- ([^\n]*)\n(.*?);\n", QUESTIONS, re.DOTALL)
        self.assertGreaterEqual(len(questions), 12)
        readme = (ROOT / "README.md").read_text()
        for name, parameters, how, sql in questions:
            with self.subTest(name=name):
                self.assertIn(f"@{name}{parameters}", readme)
                values = {"app": its_app if "deployment" in sql else app, "t": str(start), "task": task,
                          "instance": instance, "deployment": deployment}
                given = [f"{key}={values[key]}" for key in parameters.split()]
                plan = self.tally("query", "--database", self.database, f"EXPLAIN QUERY PLAN {sql}", *given)
                for index in re.findall(r"index (\w+)", how):
                    self.assertRegex(plan, rf"INDEX {index}\b")
                scans = re.findall(r"full scan of (\w+)", how)
                if how == "minutes":
                    self.assertRegex(plan, r"SEARCH i USING INTEGER PRIMARY KEY \(.*rowid>\? AND rowid<\?\)")
                    self.assertRegex(plan, r"SEARCH m USING PRIMARY KEY \(minute>\?")
                if "input" not in scans:
                    self.assertNotRegex(plan, r"SCAN (i|input)\b")
                if not scans:
                    self.assertNotRegex(plan, r"SCAN (t|n|d)\b")
                answer = self.tally("query", "--database", self.database, f"@{name}", *given, "--format", "csv")
                self.assertGreater(len(answer.splitlines()), 1)

    def test_every_index_is_named_by_a_question_or_used_at_the_start(self):
        schema = (ROOT / "schema" / "indices.sql").read_text()
        reading, starting = schema.split("-- For the start")
        for name in re.findall(r"EXISTS (\w+)", reading):
            self.assertRegex(QUESTIONS, rf"-- .*index {name}\b")
        restore = "".join((ROOT / "src" / "record" / name).read_text() for name in ("restore.cpp", "restore_entities.cpp"))
        for table, column in re.findall(r"ON (\w+)\(source_id(?:, (\w+))?\)", starting):
            self.assertRegex(restore, rf"FROM {table} WHERE source_id = \?1 AND {column or ''}|"
                                      rf'\.name = "{table}",\s+\.id = "\w+",\s+\.end = "{column}"')

    def test_an_unknown_question_shows_those_that_there_are(self):
        self.replay(self.generate("a.ndjson", "--events", "10"))
        self.tally("query", "--database", self.database, "@nothing", code=2)
        self.assertIn("@slowest", self.errors)


if __name__ == "__main__":
    unittest.main()
