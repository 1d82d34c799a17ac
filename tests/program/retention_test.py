"""A history that is pruned while it is written: counters go on, verify finds nothing, whatever happens in between."""

import json
import time
import unittest

from support import Case, parse_metrics, run_daemon, run_sim, wait_until


class Retention(Case):
    def settings(self, **history):
        path = self.folder / "tally.yml"
        path.write_text(json.dumps({"history": history}))
        return ["--config.file", path]

    def pruned(self):
        """-> events counted by rows that are gone"""
        return self.rows("SELECT coalesce(sum(value), 0) FROM pruned_counter WHERE family = 'events'")[0][0]

    def test_a_running_daemon_prunes_and_goes_on_after_a_kill(self):
        more = self.settings(payload_hot="1s", retention_time="4s")
        counted = {}
        with run_sim(self.folder, "--seed", "4", "--rate", "800", "--apps", "20", "--tasks", "150") as sim:
            for end in ("kill", "stop", "stop"):
                before = self.pruned() if self.database.exists() else 0
                with run_daemon(self.folder, self.database, f"sim={sim.url}", more=more) as daemon:
                    self.assertTrue(wait_until(lambda: self.database.exists() and self.pruned() > before + 2000, 120))
                    now = daemon.metrics()
                    for key, value in counted.items():
                        self.assertGreaterEqual(now.get(key, -1), value, key)
                    counted = {key: value for key, value in now.items() if key[0].endswith("_total") and key[0].startswith("marathon_")
                               and "tally" not in key[0] and "reconnects" not in key[0]}
                    self.assertEqual(daemon.value("marathon_tally_history_errors_total"), 0)
                    if end == "kill":
                        daemon.kill()
                self.verify()
        events, kept = self.rows("SELECT (SELECT sum(value) FROM counter WHERE family = 'events'), count(*) FROM v_events")[0]
        self.assertEqual(events, kept + self.pruned())
        self.assertLess(kept, events)

    def test_what_was_pruned_is_too_old_when_it_is_replayed(self):
        recorded = self.generate("a.ndjson", "--events", "20000", "--apps", "10", "--tasks", "100")
        self.replay(recorded)
        with run_sim(self.folder, "--rate", "20", "--apps", "1") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.settings(retention_time="2s")) as daemon:
            self.assertTrue(wait_until(lambda: self.pruned() >= 20000, 120))
            self.assertTrue(wait_until(lambda: (daemon.value("marathon_tally_oldest_event_timestamp_seconds") or 0) > time.time() - 600))
        again = self.replay(recorded, "--source", "default")
        self.assertEqual((again["events"], again["duplicates"], again["too_old"]), (0, 20000, 20000))
        self.verify()

    def test_a_file_comes_back_to_the_size_it_is_to_have(self):
        limit, events = 8 << 20, 120000  # which would take more than that
        more = self.settings(payload_hot="1s", retention_bytes=limit)
        with run_sim(self.folder, "--seed", "2", "--rate", "8000", "--events", str(events), "--apps", "20", "--tasks", "100",
                     "--max-outstanding", "1000000", "--wait-for-subscriber") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}", more=more) as daemon:
            self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total") or 0) >= events, 300))
        # What came faster than checkpoints were taken goes when half the limit has come behind the next one.
        with run_sim(self.folder, "--seed", "3", "--rate", "1000", "--apps", "5", "--tasks", "20") as sim, \
                run_daemon(self.folder, self.database, f"other={sim.url}", more=more) as daemon:
            self.assertTrue(wait_until(lambda: self.pruned() > 30000
                                       and daemon.value("marathon_tally_database_bytes") < 2 * limit, 300))
        self.verify()


if __name__ == "__main__":
    unittest.main()
