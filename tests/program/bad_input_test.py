"""Bad files, bad databases, bad words on the command line: one readable line, the right exit code, nothing lost."""

import gzip
import json
import os
import pathlib
import sqlite3
import subprocess
import unittest

from support import TALLY, Case, run_daemon, run_sim, wait_until

GOOD = ('{"taskId":"a.%d","taskStatus":"TASK_RUNNING","appId":"/a","eventType":"status_update_event",'
        '"timestamp":"2019-08-20T10:00:00.%03dZ"}')


def good(number):
    return GOOD % (number, number)


class BadInput(Case):
    def one_line(self):
        self.assertEqual(len(self.errors.strip().splitlines()), 1, self.errors)
        return self.errors.strip()

    def test_each_bad_event_is_counted_by_reason_and_its_neighbours_are_unharmed(self):
        bad = {
            "not_json": [b'{"a":', b"nonsense", b'{"eventType":"x"} trailing', b'{"eventType":"\xff"}',
                         b'{"eventType":"\\ud800"}', b"[" * 600 + b"]" * 600, b'{"eventType":"a","n":01}'],
            "not_object": [b"[]", b"1", b'"text"', b"null"],
            "no_event_type": [b"{}", b'{"eventType":""}', b'{"eventType":7}'],
            "missing_field": [b'{"eventType":"status_update_event","taskId":"a.1","appId":"/a"}',
                              b'{"eventType":"deployment_info"}'],
        }
        lines = []
        for reason, bodies in bad.items():
            for body in bodies:
                lines += [good(len(lines)), body]
        summary = self.replay(self.write("bad.ndjson", *lines))
        self.assertEqual(summary["rejected"], {reason: len(bodies) for reason, bodies in bad.items()})
        self.assertEqual(summary["task_transitions"], len(lines) // 2)
        self.assertEqual(dict(self.rows("SELECT reason, count(*) FROM v_rejected GROUP BY 1")), summary["rejected"])
        self.assertEqual(self.rows("SELECT count(*) FROM v_events WHERE NOT json_valid(payload)"), [(0,)])
        self.verify()
        self.tally("replay", self.write("b.ndjson", b"{}x"), "--database", self.database, "--strict", code=1)

    def test_what_was_rejected_before_is_still_rejected_for_strict(self):
        bad = self.write("b.ndjson", good(1), b"{}x")
        for _ in range(2):
            self.tally("replay", bad, "--database", self.database, "--strict", code=1)
        self.tally("replay", self.write("a.ndjson", good(1)), "--database", self.database, "--strict")

    def test_a_file_without_an_event_says_so(self):
        (self.folder / "empty").touch()
        self.assertIn("nothing to read", self.tally("replay", self.folder / "empty", "--database", self.database))
        for name, body, told in [("text", b"once upon a time", "SSE or NDJSON"),
                                 ("sse", b": heartbeat\n\n", "SSE or NDJSON")]:
            self.assertIn(told, self.tally("replay", self.write(name, body), "--database", self.database), name)

    def test_stdout_is_for_one_thing(self):
        self.tally("replay", self.write("a", good(1)), "--database", self.database, "--json", "--metrics", "-", code=2)
        self.assertIn("both want stdout", self.one_line())

    def test_an_event_over_the_limit_is_rejected_with_its_first_bytes(self):
        config = self.write("c.yml", "limits: {max_event_bytes: 10000}")
        big = '{"eventType":"x","filler":"' + "y" * 20000 + '"}'
        out = self.tally("replay", self.write("big.ndjson", good(1), big, good(2)), "--database", self.database,
                         "--config.file", config, "--json")
        self.assertEqual(json.loads(out)["rejected"], {"too_large": 1})
        self.assertEqual(self.rows("SELECT length(sample) FROM v_rejected"), [(4096,)])
        self.assertEqual(self.rows("SELECT count(*) FROM v_events"), [(2,)])

    def test_a_missing_file_stops_the_replay_before_anything_is_stored(self):
        self.tally("replay", self.write("a.ndjson", good(1)), self.folder / "none", "--database", self.database, code=2)
        self.assertIn("none", self.one_line())
        self.assertFalse(self.database.exists())

    def test_of_a_truncated_archive_what_was_read_is_kept(self):
        packed = gzip.compress(b"".join(good(n).encode() + b"\n" for n in range(1000)) , 0)
        path = self.folder / "cut.gz"
        path.write_bytes(packed[:len(packed) // 2])
        out = self.tally("replay", path, "--database", self.database, code=1)
        self.assertIn("truncated", out + self.errors)
        kept = self.rows("SELECT count(*) FROM v_events")[0][0]
        self.assertTrue(300 < kept < 700, kept)

    def test_an_sse_file_that_ends_inside_an_event_says_so(self):
        path = self.folder / "cut.sse"
        path.write_bytes(f"data: {good(1)}\n\ndata: {good(2)}\n".encode())
        out = self.tally("replay", path, "--database", self.database)
        self.assertIn("ends inside an event", out)
        self.assertEqual(self.rows("SELECT count(*) FROM v_events"), [(1,)])

    def test_a_database_that_is_not_ours_is_refused(self):
        with sqlite3.connect(self.database) as db:
            db.execute("CREATE TABLE t(x)")
        self.tally("replay", self.write("a.ndjson", good(1)), "--database", self.database, code=2)
        self.assertIn("not a history of marathon-tally", self.one_line())
        self.tally("query", "--database", self.database, "SELECT 1", code=2)
        self.database.write_bytes(b"not a database at all, but long enough to look like something" * 20)
        self.tally("replay", self.write("a.ndjson", good(1)), "--database", self.database, code=2)
        self.one_line()

    def test_a_database_of_a_newer_version_is_refused(self):
        self.replay(self.write("a.ndjson", good(1)))
        with sqlite3.connect(self.database) as db:
            db.execute("PRAGMA user_version = 99")
        self.tally("replay", self.write("a.ndjson", good(2)), "--database", self.database, code=2)
        self.assertIn("newer", self.one_line())

    def test_a_second_instance_on_the_same_database_is_refused(self):
        with run_sim(self.folder, "--rate", "10") as sim, run_daemon(self.folder, self.database, sim.url):
            self.tally("replay", self.write("a.ndjson", good(1)), "--database", self.database, code=2)
            self.assertIn("in use by another marathon-tally", self.one_line())
            self.tally("run", "--marathon", sim.url, "--database", self.database, "--web.listen-address", "127.0.0.1:0",
                       code=2)
            self.tally("query", "--database", self.database, "SELECT count(*) FROM v_events")

    def test_a_folder_that_cannot_be_written_is_named(self):
        self.tally("replay", self.write("a.ndjson", good(1)), "--database", "/proc/none/t.db", code=2)
        self.assertIn("/proc/none/t.db", self.one_line())

    def small_disk(self):
        mount = pathlib.Path(self.folder / "small")
        mount.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", mount],
                                               capture_output=True).returncode != 0:
            self.skipTest("mounting a small tmpfs needs root")
        self.addCleanup(subprocess.run, ["umount", "-l", mount], check=True)
        return mount

    def test_a_daemon_on_a_full_disk_serves_on_says_so_and_ends_in_time(self):
        database = self.small_disk() / "t.db"
        with run_sim(self.folder, "--rate", "3000") as sim, run_daemon(self.folder, database, sim.url) as daemon:
            failing = lambda: b"history_unwritable" in daemon.get("/-/ready")[2]
            self.assertTrue(wait_until(failing))
            # A scrape may be told that we are too busy while a commit is tried again.
            self.assertTrue(wait_until(lambda: daemon.value("marathon_tally_history_errors_total", operation="commit")))
            self.assertTrue(wait_until(lambda: daemon.value("marathon_events_total")))
            daemon.process.terminate()
            # Good is an end that loses nothing: the journal has what the history has not.
            ended = {0: "the next start takes it from the journal", 1: "the last events could not be kept"}
            self.assertIn(ended[daemon.process.wait(timeout=5)], daemon.log.read_text())
        self.assertEqual(self.rows("PRAGMA integrity_check", database), [("ok",)])

    def test_a_full_disk_is_named_and_leaves_a_whole_history(self):
        database = self.small_disk() / "t.db"
        recorded = self.generate("a.ndjson", "--format", "ndjson", "--events", "40000")
        done = subprocess.run([TALLY, "replay", recorded, "--database", database], capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"full", done.stderr)
        self.assertEqual(self.rows("PRAGMA integrity_check", database), [("ok",)])

    def test_bad_words_on_the_command_line_exit_with_2(self):
        for arguments in ([], ["fly"], ["run"], ["run", "--marathon", "ftp://x"], ["replay"], ["query", "SELECT 1"],
                          ["run", "--marathon", "a=http://h", "--marathon", "a=http://i"],
                          ["run", "--marathon", "http://h", "--log.level", "loud"]):
            with self.subTest(arguments=arguments):
                self.tally(*arguments, code=2)
                self.one_line()

    def test_a_port_that_is_taken_is_named(self):
        with run_sim(self.folder, "--rate", "10") as sim:
            address = sim.url.removeprefix("http://")
            self.tally("run", "--marathon", sim.url, "--database", self.database, "--web.listen-address", address, code=2)
            self.assertIn(address, self.one_line())

    def test_config_errors_name_file_line_and_setting(self):
        for text, words in (("metrics: {max_apps: none}", ["max_apps", ":1"]), ("\nnothing: 1", ["nothing", ":2"]),
                            ("a: [", [":"]), ("log: {level: loud}", ["log.level"]),
                            ("metrics: {lag_buckets: [2, 1]}", ["lag_buckets"])):
            with self.subTest(text=text):
                path = self.write("bad.yml", text)
                self.tally("config", "check", path, code=1)
                for word in [str(path), *words]:
                    self.assertIn(word, self.one_line())

    def test_the_default_config_is_a_good_config(self):
        path = self.write("c.yml", self.tally("config", "defaults"))
        self.tally("config", "check", path)

    def test_query_refuses_to_write(self):
        self.replay(self.write("a.ndjson", good(1)))
        for sql in ("DELETE FROM input", "PRAGMA user_version = 3", "ATTACH 'x' AS y", "SELECT 1; SELECT 2", "nonsense",
                    "SELECT load_extension('x')"):
            with self.subTest(sql=sql):
                self.tally("query", "--database", self.database, sql, code=1)
        self.assertEqual(self.rows("SELECT count(*) FROM input"), [(1,)])

    def test_query_prints_tables_csv_and_json(self):
        self.replay(self.write("a.ndjson", good(1)))
        sql = "SELECT app, state, version FROM v_tasks WHERE app = :app"
        ask = ["query", "--database", self.database, sql, "app=/a"]
        self.assertEqual(self.tally(*ask), "app  state         version\n/a   TASK_RUNNING  \n")
        self.assertEqual(self.tally(*ask, "--format", "csv"), "app,state,version\r\n/a,TASK_RUNNING,\r\n")
        self.assertEqual(json.loads(self.tally(*ask, "--format", "json")),
                         [{"app": "/a", "state": "TASK_RUNNING", "version": None}])


if __name__ == "__main__":
    unittest.main()
