"""The questions in README.md: each has an answer, and is answered by the index that it names."""

import pathlib
import re
import unittest

from support import Case

README = pathlib.Path(__file__).parents[2] / "README.md"


class Questions(Case):
    def test_every_question_of_the_readme_is_answered_by_the_index_it_names(self):
        recorded = self.generate("a.ndjson", "--events", "30000", "--apps", "20", "--tasks", "200", "--bad", "0.01")
        self.replay(recorded)
        task, app = self.rows("SELECT task, app FROM v_task_transitions WHERE from_state = 'TASK_RUNNING' LIMIT 1")[0]
        deployment, its_app = self.rows("SELECT deployment_id, app FROM v_deployment_apps LIMIT 1")[0]
        instance = self.rows("SELECT instance FROM v_instances LIMIT 1")[0][0]
        start = int(self.rows("SELECT min(time) FROM v_events")[0][0]) // 3600 * 3600
        questions = re.findall(r"```sql\n-- ([^\n]*)\n(.*?)```", README.read_text(), re.DOTALL)
        self.assertGreaterEqual(len(questions), 11)
        for how, sql in questions:
            with self.subTest(how=how, sql=sql):
                values = {"app": its_app if "deployment" in sql else app, "t": str(start), "task": task,
                          "instance": instance, "deployment": deployment}
                given = [f"{name}={value}" for name, value in values.items() if re.search(rf":{name}\b", sql)]
                plan = self.tally("query", "--database", self.database, f"EXPLAIN QUERY PLAN {sql}", *given)
                kind, _, names = how.partition(" ")
                if kind == "index":
                    for name in names.split(", "):
                        self.assertRegex(plan, rf"INDEX {name}\b")
                    self.assertNotRegex(plan, r"SCAN (e|x|t|d|event|task_transition)\b")
                else:
                    self.assertRegex(how, "^full scan of ")
                answer = self.tally("query", "--database", self.database, sql, *given, "--format", "csv")
                self.assertGreater(len(answer.splitlines()), 1)

    def test_every_index_is_named_by_a_question_or_used_at_the_start(self):
        schema = (README.parent / "schema" / "indices.sql").read_text()
        reading, starting = schema.split("-- For the start")
        for name in re.findall(r"EXISTS (\w+)", reading):
            self.assertRegex(README.read_text(), rf"-- index (.*, )?{name}(,|\n)")
        restore = (README.parent / "src" / "record" / "restore.cpp").read_text()
        for table, column in re.findall(r"ON (\w+)\(source_id(?:, (\w+))?\)", starting):
            self.assertRegex(restore, rf"FROM {table} WHERE source_id = \?1 AND {column or ''}")


if __name__ == "__main__":
    unittest.main()
