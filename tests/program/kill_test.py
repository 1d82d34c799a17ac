"""Killed with -9 at any moment, the history is whole, and going on gives what never stopping would have given."""

import os
import random
import subprocess
import time
import unittest

from support import TALLY, Case, run_daemon, run_sim, wait_until

ROUNDS = int(os.environ.get("TALLY_ROUNDS", "6"))


class Kill(Case):
    def assert_whole(self):
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        self.verify()

    def test_a_replay_that_is_killed_and_repeated_completes_exactly(self):
        events = 120_000
        recorded = self.generate("a.ndjson", "--format", "ndjson", "--seed", "5", "--events", str(events), "--apps", "100",
                                 "--tasks", "1000", "--dialect", "1.8")
        expected_database = self.folder / "expected.db"
        started = time.monotonic()
        self.replay(recorded, database=expected_database)
        whole = time.monotonic() - started
        expected = self.every_view(expected_database)
        often = self.folder / "often.yml"  # so that there is something of it in most rounds
        often.write_text("history: {replay_commit_inputs: 5000}")
        chance = random.Random(1)
        for round_ in range(ROUNDS):
            with self.subTest(round=round_):
                self.database = self.folder / f"{round_}.db"
                process = subprocess.Popen([TALLY, "replay", recorded, "--database", self.database, "--config.file", often],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                # The moment is random on purpose: it is what is tested.
                try:
                    process.wait(timeout=chance.uniform(0, whole))
                except subprocess.TimeoutExpired:
                    pass
                process.kill()
                process.wait()
                if self.database.exists() and self.database.stat().st_size and self.rows("PRAGMA user_version") != [(0,)]:
                    self.assert_whole()
                summary = self.replay(recorded)
                self.assertEqual(summary["events"] + summary["duplicates"], events)
                self.assertEqual(self.every_view(), expected)
                self.verify()
                for suffix in ("", "-wal", "-shm", ".lock"):
                    self.database.with_name(self.database.name + suffix).unlink(missing_ok=True)

    def test_a_daemon_that_is_killed_goes_on_with_what_it_had_shown(self):
        chance = random.Random(2)
        with run_sim(self.folder, "--rate", "3000", "--apps", "40", "--tasks", "400") as sim:
            shown = 0
            for round_ in range(ROUNDS):
                if round_ % 10 == 0:  # verify reads all of it in each round
                    self.database, shown = self.folder / f"live_{round_}.db", 0
                with self.subTest(round=round_), run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
                    restored = wait_until(lambda: daemon.value("marathon_events_total"))
                    self.assertGreaterEqual(restored, shown)
                    target = restored + chance.uniform(100, 4000)
                    self.assertTrue(wait_until(lambda: daemon.value("marathon_events_total") >= target, pause=0.01))
                    shown = daemon.value("marathon_events_total")
                    daemon.kill()
                    self.assert_whole()
            # What the history had not yet was in the journal, and is folded before anything is shown.
            with run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
                self.assertGreaterEqual(wait_until(lambda: daemon.value("marathon_events_total")), shown)
        self.assertGreaterEqual(self.rows("SELECT count(*) FROM v_events")[0][0], shown)
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
