"""The same events give the same facts, however they are packed, cut or repeated."""

import gzip
import os
import subprocess
import unittest

from support import TALLY, Case


class Formats(Case):
    def setUp(self):
        super().setUp()
        arguments = ["--seed", "7", "--events", "4000", "--apps", "20", "--tasks", "100", "--dialect", "1.8",
                     "--reorder", "0.02"]
        self.ndjson = self.generate("a.ndjson", "--format", "ndjson", *arguments)
        self.sse = self.generate("a.sse", "--format", "sse", *arguments)
        self.replay(self.ndjson)
        self.expected = self.every_view()

    def assert_same(self, *files, stdin=None):
        database = self.folder / "other.db"
        subprocess.run([TALLY, "replay", *files, "--database", database], check=True, stdin=stdin, timeout=300,
                       capture_output=True)
        self.assertEqual(self.every_view(database), self.expected)

    def test_sse_gives_the_facts_of_ndjson(self):
        self.assert_same(self.sse)

    def test_stdin_gives_the_facts_of_the_file(self):
        with self.ndjson.open("rb") as file:
            self.assert_same("-", stdin=file)

    def test_gzip_gives_the_facts_of_the_plain_file(self):
        packed = self.folder / "a.gz"
        packed.write_bytes(gzip.compress(self.sse.read_bytes()))
        self.assert_same(packed)

    def test_zstd_gives_the_facts_of_the_plain_file(self):
        packed = self.folder / "a.zst"
        subprocess.run(["zstd", "-q", self.ndjson, "-o", packed], check=True)
        self.assert_same(packed)

    def test_two_files_give_the_facts_of_one(self):
        lines = self.ndjson.read_bytes().splitlines(keepends=True)
        cut = next(i for i in range(len(lines) // 2, len(lines)) if lines[i] not in lines[:i])
        first, second = self.folder / "1.ndjson", self.folder / "2.ndjson"
        first.write_bytes(b"".join(lines[:cut]))
        second.write_bytes(b"".join(lines[cut:]))
        self.assert_same(first, second)

    def test_a_pipe_that_cuts_anywhere_gives_the_facts_of_the_file(self):
        data = self.sse.read_bytes()
        read, write = os.pipe()
        database = self.folder / "other.db"
        process = subprocess.Popen([TALLY, "replay", "-", "--database", database], stdin=read,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read)
        sizes = [1, 2, 3, 5, 7, 11, 13, 4093, 32768]
        at = 0
        with os.fdopen(write, "wb", buffering=0) as pipe:
            for i in range(len(data)):
                if at >= len(data):
                    break
                at += pipe.write(data[at:at + sizes[i % len(sizes)]])
        self.assertEqual(process.wait(timeout=120), 0)
        self.assertEqual(self.every_view(database), self.expected)

    def test_a_second_replay_changes_nothing_but_the_count_of_duplicates(self):
        summary = self.replay(self.ndjson)
        self.assertEqual(summary["events"], 0)
        self.assertEqual(summary["duplicates"], 4000)
        self.assertEqual(summary["task_transitions"], 0)
        self.assertEqual(self.every_view(), self.expected)
        self.verify()

    def test_overlapping_files_are_counted_once(self):
        lines = self.ndjson.read_bytes().splitlines(keepends=True)
        first, second = self.folder / "1.ndjson", self.folder / "2.ndjson"
        first.write_bytes(b"".join(lines[:3000]))
        second.write_bytes(b"".join(lines[1000:]))
        database = self.folder / "other.db"
        summary = self.replay(first, second, database=database)
        self.assertEqual(summary["events"], 4000)
        self.assertEqual(summary["duplicates"], 2000)
        self.assertEqual(self.every_view(database), self.expected)

    def test_verify_finds_a_number_that_was_changed(self):
        import sqlite3
        with sqlite3.connect(self.database) as db:
            db.execute("UPDATE cell SET value = value + 1 WHERE cell ="
                       " (SELECT min(cell) FROM counter WHERE family = 'task_transitions')")
            db.execute("UPDATE task SET since_ms = since_ms + 1 WHERE task_id = 1")
        out = self.tally("verify", "--database", self.database, code=1)
        self.assertIn("counter task_transitions against its rows", out)
        self.assertIn("task:", out)

    def test_without_payloads_facts_are_the_same_and_verify_says_what_it_did_not_check(self):
        config = self.write("c.yml", "history: {payload: none}")
        database = self.folder / "other.db"
        self.tally("replay", self.ndjson, "--database", database, "--config.file", config)
        facts = self.every_view(database, skip={"v_events"})
        self.assertEqual(facts, {view: rows for view, rows in self.expected.items() if view != "v_events"})
        self.assertEqual(self.rows("SELECT count(*) FROM v_events WHERE payload IS NOT NULL", database), [(0,)])
        self.assertIn("fold not checked", self.tally("verify", "--database", database))


if __name__ == "__main__":
    unittest.main()
