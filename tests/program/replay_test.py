"""A replay gives the facts of an independent count, and every counter equals the rows behind it."""

import json
import unittest

from agreement import differences
from support import Case, parse_metrics


class Replay(Case):
    def agree(self, name, *arguments):
        totals_file = self.folder / f"{name}.json"
        recorded = self.generate(f"{name}.ndjson", "--format", "ndjson", *arguments, totals=totals_file)
        database = self.folder / f"{name}.db"
        metrics = self.folder / f"{name}.metrics"
        summary = json.loads(self.tally("replay", recorded, "--database", database, "--json", "--metrics", metrics))
        totals = json.loads(totals_file.read_text())
        samples = parse_metrics(metrics.read_text())
        self.assertEqual(summary["events"], totals["events_total"])
        self.assertEqual(differences(self, totals, samples, database), [])
        self.verify(database)

    def test_an_hour_of_each_dialect_gives_the_totals_of_the_generator(self):
        for dialect in ("1.3", "1.4", "1.5", "1.8"):
            with self.subTest(dialect=dialect):
                self.agree(dialect, "--hours", "1", "--rate", "20", "--apps", "100", "--tasks", "1000",
                           "--dialect", dialect)

    def test_a_recording_without_an_event_is_known_when_it_comes_again(self):
        recorded = self.write("a", "no json", '{"a":1}', "no json")
        first, again = self.replay(recorded), self.replay(recorded)
        self.assertEqual((first["duplicates"], again["duplicates"]), (0, 3))
        self.assertEqual(self.rows("SELECT count(*) FROM v_rejected"), [(3,)])
        self.verify()

    def test_a_recording_that_grew_gives_what_the_whole_gives(self):
        plan = '"plan":{"id":"d","steps":[{"actions":[{"action":"ScaleApplication","app":"/a"}]}]}'
        step = '"currentStep":{"actions":[{"action":"ScaleApplication","app":"/a"}]},"filler":"' + "x" * 600 + '"'
        line = '{"eventType":"deployment_info","timestamp":"2019-08-20T10:00:0%d.000Z",' + plan + "," + step + "}"
        # Told twice by one recording within 5 s: a rerun. By two recordings: one event seen by two readers.
        whole = [line % 1, line % 2]
        for name, files, reruns in [("grown", [("a", whole[:1]), ("a", whole)], 1), ("two", [("a", whole[:1]), ("b", whole[1:])], 0)]:
            database = self.folder / f"{name}.db"
            for file, lines in files:
                self.replay(self.write(file, *lines), database=database)
            self.assertEqual(self.rows("SELECT reruns FROM v_deployments", database), [(reruns,)], name)
            self.verify(database)

    def test_reordered_repeated_and_malformed_input_gives_the_totals_of_the_generator(self):
        for dialect in ("1.3", "1.8"):
            with self.subTest(dialect=dialect):
                self.agree(dialect, "--events", "30000", "--apps", "50", "--tasks", "500", "--dialect", dialect,
                           "--seed", "11", "--reorder", "0.2", "--duplicates", "0.02", "--bad", "0.02")


if __name__ == "__main__":
    unittest.main()
