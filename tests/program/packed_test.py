"""Payloads that became old are packed; our own tools show them, and with the extension every other one does."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from support import BUILD, Case, run_daemon, run_sim, wait_until

EXTENSION = str((BUILD / "marathon_tally").resolve())
WITH_EXTENSIONS = "import sqlite3; sqlite3.connect(':memory:').enable_load_extension(True)"
READ = """
import sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
db.enable_load_extension(True)
db.load_extension(sys.argv[2])
for row in db.execute("SELECT payload FROM v_events ORDER BY seq"):
    print(row[0])
db.close()
"""


def python_with_extensions():
    """Some builds of Python leave them out. -> a program, or None"""
    for python in (sys.executable, "/usr/bin/python3"):
        if shutil.which(python) and subprocess.run([python, "-c", WITH_EXTENSIONS], capture_output=True).returncode == 0:
            return python
    return None


class Packed(Case):
    def settings(self, hot):
        path = self.folder / "tally.yml"
        path.write_text(f"history: {{payload_hot: {hot}}}\n")
        return ["--config.file", path]

    def payloads(self, *more):
        """As our own query shows them."""
        answer = json.loads(self.tally("query", "--database", self.database, "SELECT payload FROM v_events ORDER BY seq",
                                       "--format", "json"))
        return [row[0] if isinstance(row, list) else row["payload"]
                for row in (answer["rows"] if isinstance(answer, dict) else answer)]

    def counts(self):
        return self.rows("SELECT (SELECT count(*) FROM payload), (SELECT coalesce(sum(events), 0) FROM payload_block),"
                         " (SELECT count(*) FROM v_events)")[0]

    def test_old_payloads_of_a_running_daemon_are_packed_while_events_come(self):
        with run_sim(self.folder, "--seed", "5", "--rate", "3000", "--events", "20000", "--apps", "20", "--tasks", "200",
                     "--wait-for-subscriber", "--max-outstanding", "1000000") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.settings("1s")) as daemon:
            sent = lambda: json.loads(sim.get("/sim/sent")[2])["sent"]
            self.assertTrue(wait_until(lambda: sent() >= 20000, 120))
            self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total") or 0) >= sent(), 60))
            self.assertTrue(wait_until(lambda: (daemon.value("marathon_tally_payloads_packed_total") or 0) > 10000, 60))
            self.assertEqual(daemon.value("marathon_tally_history_errors_total"), 0)
        rows, packed, events = self.counts()
        self.assertGreater(packed, 10000)
        self.assertEqual(rows + packed, events)
        for payload in self.payloads():
            json.loads(payload)
        self.verify()

    def test_what_was_replayed_in_small_pieces_is_packed_by_event_time_and_stays_the_same(self):
        recorded = self.generate("a.ndjson", "--events", "6000", "--apps", "10", "--tasks", "100")
        lines = recorded.read_bytes().splitlines()
        for begin in range(0, len(lines), 400):  # too few for a block
            self.replay(self.write("piece.ndjson", *lines[begin:begin + 400]))
        before = self.payloads()
        rows, packed, events = self.counts()
        self.assertEqual(packed, 0)
        with run_sim(self.folder, "--rate", "1") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.settings("1h")) as daemon:
            wanted = events // 2
            self.assertTrue(wait_until(lambda: (daemon.value("marathon_tally_payloads_packed_total") or 0) > wanted, 60))
        self.assertEqual(self.payloads()[:len(before)], before)
        self.verify()
        again = self.replay(recorded)
        self.assertEqual((again["events"], again["duplicates"]), (0, len(lines)), "identities are told by blocks")


class Extension(Case):
    def setUp(self):
        super().setUp()
        if not pathlib.Path(EXTENSION + ".so").exists():
            self.skipTest("marathon_tally.so was not built")
        if re.search(b"__[at]san_init", pathlib.Path(EXTENSION + ".so").read_bytes()):
            self.skipTest("a library with a sanitizer cannot be loaded by a program without")
        self.recorded = self.generate("a.ndjson", "--events", "6000", "--apps", "10", "--tasks", "100")
        self.replay(self.recorded)
        self.bodies = self.recorded.read_text().splitlines()

    def test_the_shell_of_sqlite_shows_packed_payloads_with_it(self):
        if not shutil.which("sqlite3"):
            self.skipTest("sqlite3 is not installed")
        shell = lambda *lines: subprocess.run(["sqlite3", "-bail", self.database], input="\n".join(lines) + "\n", text=True,
                                              capture_output=True, timeout=120, check=True).stdout
        select = "SELECT payload FROM v_events ORDER BY seq;"
        self.assertLess(len(shell("SELECT seq FROM v_events WHERE payload IS NOT NULL;").splitlines()), len(self.bodies))
        self.assertEqual(shell(f".load {EXTENSION}", select).splitlines(), self.bodies)
        twice = shell(f".load {EXTENSION}", f".load {EXTENSION}", "SELECT count(payload) FROM v_events;")
        self.assertEqual(int(twice), len(self.bodies))

    def test_python_shows_packed_payloads_with_it(self):
        python = python_with_extensions()
        if not python:
            self.skipTest("no Python here loads extensions")
        shown = subprocess.run([python, "-c", READ, self.database, EXTENSION], capture_output=True, text=True, timeout=120,
                               check=True).stdout
        self.assertEqual(shown.splitlines(), self.bodies)

    def test_a_damaged_block_is_an_error_and_no_crash(self):
        if not shutil.which("sqlite3"):
            self.skipTest("sqlite3 is not installed")
        for damage in ("packed = x'00'", "packed = zeroblob(100)", "events = 1000000000", "events = -1",
                       "packed = substr(packed, 1, length(packed) / 2)", "first_seq = first_seq - 1"):
            copy = self.folder / "copy.db"
            shutil.copy(self.database, copy)
            done = subprocess.run(["sqlite3", copy], text=True, capture_output=True, timeout=120,
                                  input=f"UPDATE payload_block SET {damage};\n.load {EXTENSION}\n"
                                        "SELECT sum(length(payload)) FROM v_events;\n")
            self.assertIn(done.returncode, (0, 1), damage)
            if "first_seq" not in damage:
                self.assertIn("payload_block", done.stderr, damage)

    def test_a_database_of_somebody_else_is_left_as_it_is(self):
        if not shutil.which("sqlite3"):
            self.skipTest("sqlite3 is not installed")
        done = subprocess.run(["sqlite3", self.folder / "other.db"], text=True, capture_output=True, timeout=60,
                              input=f"CREATE TABLE t(x);\n.load {EXTENSION}\nSELECT count(*) FROM sqlite_schema;\n"
                                    "SELECT packed_payload(1, '', '', 0);\n")
        self.assertEqual(done.stdout.strip(), "1")
        self.assertIn("payload_block", done.stderr)


if __name__ == "__main__":
    unittest.main()
