"""What happened while nobody listened: found by the snapshot, bounded, marked, and never counted as observed."""

import json
import unittest

import truth
from support import Case, run_daemon, run_sim, wait_until

SHORT = "timeouts: {connect: 1s, header: 1s, silence: 2s}\n"


class Snapshots(Case):
    def config(self, text=SHORT):
        path = self.folder / "tally.yml"
        path.write_text(text)
        return ["--config.file", path]

    def ready(self, daemon):
        self.assertTrue(wait_until(lambda: daemon.get("/-/ready")[0] == 200), daemon.log.read_text()[-3000:])

    def sessions(self, daemon, count):
        self.assertTrue(wait_until(
            lambda: self.rows("SELECT count(*) FROM v_sessions")[0][0] == count and daemon.get("/-/ready")[0] == 200),
            daemon.log.read_text()[-3000:])

    def assert_true(self, daemon, sim):
        known = truth.quiet(daemon, sim)
        self.assertTrue(known, daemon.log.read_text()[-3000:])
        self.assertEqual(truth.differences(self, known), [])
        self.verify()
        return known

    def in_every_dialect(self):
        for dialect in ("1.3", "1.4", "1.5", "1.8"):
            with self.subTest(dialect=dialect):
                self.database = self.folder / f"{dialect}.db"
                yield dialect

    def test_the_first_snapshot_tells_what_was_there_before_us(self):
        for dialect in self.in_every_dialect():
            with run_sim(self.folder, "--apps", "20", "--tasks", "100", "--dialect", dialect, "--rate", "200") as sim:
                sim.get("/sim/pause", method="POST")
                with run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
                    self.ready(daemon)
                    known = self.assert_true(daemon, sim)
                    self.assertGreater(len(known["tasks"]), 50)
                    rows = self.rows("SELECT from_state, provenance, time_low, count(*) FROM v_task_transitions GROUP BY 1, 2, 3")
                    self.assertEqual(rows, [("none", "inferred", None, len(self.rows("SELECT 1 FROM v_task_transitions")))])
                    self.assertIsNone(daemon.value("marathon_task_transitions_total"))
                    self.assertEqual(daemon.value("marathon_task_transitions_inferred_total"), rows[0][3])
                    self.assertEqual(self.rows("SELECT * FROM v_gaps"), [])

    def test_what_happened_in_a_gap_is_inferred_within_its_bounds(self):
        for dialect in self.in_every_dialect():
            with run_sim(self.folder, "--apps", "20", "--tasks", "100", "--dialect", dialect, "--rate", "300") as sim, \
                    run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
                self.ready(daemon)
                self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total") or 0) > 300))
                self.assert_true(daemon, sim)
                observed = daemon.value("marathon_task_transitions_total")
                sim.fault("http_error", status=503, for_="2s")
                sim.fault("close")
                self.assertTrue(wait_until(lambda: sim.json("/sim/sent")["streams"] == 0))
                sim.json("/sim/step?events=1500", "POST")  # nobody hears them
                self.sessions(daemon, 2)
                self.assert_true(daemon, sim)
                gap = self.rows('SELECT start, "end", reconciled, inferred FROM v_gaps')[0]
                self.assertEqual(gap[2], 1)
                self.assertGreater(gap[3], 0)
                # (What is new has its lower bound from Marathon itself.)
                inferred = self.rows("SELECT time_low, time, to_state FROM v_task_transitions WHERE provenance = 'inferred'"
                                     " AND from_state <> 'none'"
                                     f" AND time >= {gap[1]}")
                self.assertTrue(inferred)
                for low, high, state in inferred:
                    self.assertLessEqual(low if low is not None else gap[0], high)
                    self.assertGreaterEqual(low if low is not None else gap[0], gap[0] - 0.001)
                # Nothing of it was observed: what came since are the few events of the new session.
                self.assertEqual(daemon.value("marathon_task_transitions_total"),
                                 self.rows("SELECT count(*) FROM v_task_transitions WHERE provenance = 'observed'")[0][0])
                self.assertLess(daemon.value("marathon_task_transitions_total"), observed + 200)
                ended = self.rows("SELECT DISTINCT to_state FROM v_task_transitions WHERE provenance = 'inferred' AND to_state"
                                  " IN ('TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED')")
                self.assertEqual(ended, [])  # gone is gone, how is not known

    def test_a_snapshot_that_cannot_be_trusted_infers_nothing_and_is_tried_again(self):
        faults = [("snapshot_error", {"status": 503, "count": 1}), ("snapshot_not_json", {"count": 1}),
                  ("snapshot_cut", {"bytes": 100, "count": 1})]
        with run_sim(self.folder, "--apps", "10", "--tasks", "50", "--rate", "100") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
            self.sessions(daemon, 1)
            for number, (kind, arguments) in enumerate(faults, 1):
                with self.subTest(kind=kind):
                    sim.fault(kind, **arguments)
                    sim.fault("close")
                    self.assertTrue(wait_until(
                        lambda: daemon.value("marathon_reconciliations_total", result="failed") == number),
                        daemon.log.read_text()[-3000:])
                    self.assertTrue(wait_until(
                        lambda: daemon.value("marathon_reconciliations_total", result="ok") == number + 1))
            self.assert_true(daemon, sim)

    def test_another_cluster_infers_nothing_until_it_is_accepted(self):
        other = "ffffffff-0000-4000-8000-000000000000-0000"
        with run_sim(self.folder, "--apps", "10", "--tasks", "50", "--rate", "100") as sim:
            text = f"sources: [{{name: sim, urls: ['{sim.url}']}}]\n" + SHORT
            with run_daemon(self.folder, self.database, more=[*self.config(text), "--web.enable-lifecycle"]) as daemon:
                self.sessions(daemon, 1)
                differences = daemon.value("marathon_reconcile_differences_total")
                sim.fault("other_framework", id=other)
                sim.fault("close")

                def reason():
                    answer = daemon.get("/-/ready")
                    return [one["reason"] for one in json.loads(answer[2])["reasons"]] == ["other_cluster"] and answer[0] == 503

                self.assertTrue(wait_until(reason), daemon.get("/-/ready"))
                self.assertGreaterEqual(daemon.value("marathon_reconciliations_total", result="other_cluster"), 1)
                self.assertEqual(daemon.value("marathon_reconcile_differences_total"), differences)
                self.config(f"sources: [{{name: sim, urls: ['{sim.url}'], reconcile: {{accept_framework: '{other}'}}}}]\n" + SHORT)
                self.assertEqual(daemon.get("/-/reload", "POST")[0], 200)
                self.ready(daemon)
                self.assertTrue(wait_until(lambda: daemon.value("marathon_reconciliations_total", result="ok") == 2))
                self.assert_true(daemon, sim)

    def test_events_that_come_while_the_snapshot_is_read_wait_for_it(self):
        with run_sim(self.folder, "--apps", "10", "--tasks", "50", "--rate", "500", "--fault",
                     "snapshot_slow delay=2s count=1") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
            self.assertTrue(wait_until(lambda: daemon.value("marathon_stream_connected") == 1))
            self.assertTrue(wait_until(lambda: (daemon.value("marathon_tally_journal_bytes") or 0) > 10_000))
            self.assertIsNone(daemon.value("marathon_events_total"))  # durable, not yet counted
            self.sessions(daemon, 1)
            self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total") or 0) > 500))
            self.assert_true(daemon, sim)
            first, = self.rows("SELECT min(seq) FROM v_events")[0]
            self.assertGreater(first, self.rows("SELECT count(*) FROM v_task_transitions WHERE provenance = 'inferred'")[0][0])


if __name__ == "__main__":
    unittest.main()
