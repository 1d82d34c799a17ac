"""The daemon against marathon-sim: what it shows is what the simulated Marathon did."""

import gzip
import json
import shutil
import subprocess
import unittest

from agreement import differences
from support import Case, parse_metrics, run_daemon, run_sim, wait_until

STREAM_OWN = {"event_stream_attached", "event_stream_detached"}


class Live(Case):
    def follow(self, dialect, events):
        """Follows a simulated Marathon until it has said all. -> its totals, our exposition"""
        sim = run_sim(self.folder, "--seed", "3", "--dialect", dialect, "--rate", "2000", "--events", events,
                      "--apps", "20", "--tasks", "150", "--wait-for-subscriber",
                      # A slow test machine must not be what a slow consumer is to Marathon: cut off, or skipped.
                      "--max-outstanding", "1000000",
                      # Its totals are of events alone: nothing is to be known from snapshots.
                      "--fault", "snapshot_error status=404")
        with sim, run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
            published = lambda: json.loads(sim.get("/sim/sent")[2])["sent"]
            self.assertTrue(wait_until(lambda: published() >= events, 120))
            # One more may be published at any time: who is attached is told, too.
            self.assertTrue(wait_until(lambda: daemon.value("marathon_events_total") == published(), 60),
                            f"{daemon.value('marathon_events_total')} of {published()}")
            totals = json.loads(sim.get("/sim/totals")[2])
            _, _, body = daemon.get("/metrics")
            return totals, body.decode()

    def test_every_dialect_gives_the_totals_of_the_simulator(self):
        for dialect in ("1.3", "1.4", "1.5", "1.8"):
            with self.subTest(dialect=dialect):
                self.database = self.folder / f"{dialect}.db"
                totals, text = self.follow(dialect, 4000)
                self.assertEqual(differences(self, totals, parse_metrics(text)), [])
                self.verify()

    def test_the_exposition_passes_promtool(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool (package prometheus) is not installed")
        _, text = self.follow("1.8", 2000)
        lint = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True, timeout=60)
        self.assertEqual((lint.stdout + lint.stderr).decode(), "")

    def test_counters_go_on_after_a_restart(self):
        with run_sim(self.folder, "--rate", "500", "--apps", "10", "--tasks", "50") as sim:
            with run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
                self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total") or 0) > 500))
                before = daemon.metrics()
            with run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
                after = wait_until(daemon.metrics)
        for key, value in before.items():
            if key[0].startswith("marathon_") and key[0].endswith("_total") and "tally" not in key[0] \
                    and "reconnects" not in key[0]:
                self.assertGreaterEqual(after.get(key, -1), value, key)
        self.verify()

    def test_it_listens_says_why_it_is_not_ready_and_is_ready_once_attached(self):
        with run_daemon(self.folder, self.database, "far=http://127.0.0.1:1") as daemon:
            status, _, body = daemon.get("/-/ready")  # while it starts, or when it has tried
            self.assertEqual(status, 503)
            self.assertIn(json.loads(body)["reasons"][-1]["reason"], ("starting", "never_attached"))
            self.assertEqual(daemon.get("/-/healthy")[0], 200)
            self.assertTrue(wait_until(lambda: daemon.metrics()))
            reason = json.loads(daemon.get("/-/ready")[2])["reasons"][-1]
            self.assertEqual((reason["source"], reason["reason"]), ("far", "never_attached"))
            self.assertEqual(daemon.value("marathon_stream_connected", source="far"), 0)
            self.assertTrue(wait_until(lambda: daemon.value("marathon_stream_reconnects_total", cause="refused")))
        with run_sim(self.folder, "--rate", "100") as sim, \
                run_daemon(self.folder, self.folder / "2.db", sim.url) as daemon:
            self.assertTrue(wait_until(lambda: daemon.get("/-/ready")[0] == 200))
            self.assertEqual(json.loads(daemon.get("/-/ready")[2]), {"ready": True, "reasons": []})
            self.assertEqual(daemon.value("marathon_stream_connected", source="default"), 1)
            self.assertIn(b"marathon-tally", daemon.get("/")[2])

    def test_metrics_come_in_the_form_that_is_asked_for(self):
        with run_sim(self.folder, "--rate", "100") as sim, run_daemon(self.folder, self.database, sim.url) as daemon:
            self.assertTrue(wait_until(lambda: daemon.value("marathon_events_total")))
            _, headers, text = daemon.get("/metrics")
            self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
            _, headers, text = daemon.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
            self.assertEqual(headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
            self.assertTrue(text.endswith(b"# EOF\n"))
            _, headers, packed = daemon.get("/metrics", headers={"Accept-Encoding": "gzip"})
            self.assertEqual(headers["Content-Encoding"], "gzip")
            self.assertIn(b"marathon_events_total", gzip.decompress(packed))
            self.assertEqual(daemon.get("/metrics", method="POST")[0], 405)
            self.assertEqual(daemon.get("/nowhere")[0], 404)

    def test_a_closed_stream_is_followed_again(self):
        with run_sim(self.folder, "--rate", "200") as sim, run_daemon(self.folder, self.database, sim.url) as daemon:
            self.assertTrue(wait_until(lambda: daemon.value("marathon_events_total")))
            self.assertEqual(sim.get("/sim/close", method="POST")[0] // 100, 2)
            self.assertTrue(wait_until(lambda: daemon.value("marathon_stream_reconnects_total", cause="closed")
                                       or daemon.value("marathon_stream_reconnects_total", cause="leader_changed")))
            self.assertTrue(wait_until(lambda: daemon.value("marathon_stream_connected") == 1))

    def test_two_sources_do_not_mix(self):
        with run_sim(self.folder, "--rate", "300", "--seed", "1") as one, \
                run_sim(self.folder, "--rate", "300", "--seed", "2") as two, \
                run_daemon(self.folder, self.database, f"one={one.url}", f"two={two.url}") as daemon:
            for name in ("one", "two"):
                self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total", source=name) or 0) > 300))
        self.assertEqual(self.rows("SELECT DISTINCT source FROM v_tasks ORDER BY 1"), [("one",), ("two",)])
        self.verify()

    def test_sigterm_commits_what_was_received(self):
        with run_sim(self.folder, "--rate", "2000") as sim:
            with run_daemon(self.folder, self.database, sim.url) as daemon:
                self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total") or 0) > 1000))
                shown = daemon.value("marathon_events_total")
            self.assertEqual(daemon.process.returncode, 0, daemon.log.read_text()[-2000:])
        self.assertGreaterEqual(self.rows("SELECT count(*) FROM v_events")[0][0], shown)
        self.verify()


if __name__ == "__main__":
    unittest.main()
