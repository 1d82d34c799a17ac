"""All faults at once, at random by a seed: after every round the facts equal the simulator's truth, and verify is clean.

TALLY_SOAK_SECONDS (default 20) says for how long, TALLY_SOAK_SEED which faults."""

import os
import random
import time
import unittest

import truth
from support import Case, run_daemon, run_sim, wait_until

SECONDS = int(os.environ.get("TALLY_SOAK_SECONDS", "20"))
SEED = int(os.environ.get("TALLY_SOAK_SEED", "1"))
CONFIG = "timeouts: {connect: 1s, header: 1s, silence: 2s}\n"
FAULTS = [
    ("close", {}), ("rst", {}), ("half_frame", {"at": "body"}), ("half_frame", {"at": "utf8", "how": "rst"}),
    ("half_frame", {"at": "crlf"}), ("silence", {"which": "open"}), ("drip", {"for": "1s"}), ("buffer", {"for": "1s"}),
    ("proxy", {"for": "2s"}), ("http_error", {"status": 503, "count": 2}), ("http_error", {"status": 401, "count": 1}),
    ("empty_200", {"count": 2}), ("not_a_stream", {"count": 1}), ("never_answers", {"count": 1}),
    ("redirect", {"count": 1}), ("redirect", {"hops": 2, "count": 3}), ("refuse", {"for": "1s"}),
    ("leader_change", {"ready_after": 1}), ("rerun", {}), ("duplicate", {"share": 0.05, "for": "1s"}),
    ("reorder", {"share": 0.05, "for": "1s"}), ("bad", {"share": 0.02, "for": "1s"}),
    ("snapshot_error", {"count": 1}), ("snapshot_not_json", {"count": 1}), ("snapshot_cut", {"count": 1}),
    ("snapshot_slow", {"delay": "1s", "count": 1}),
]


class Soak(Case):
    def test_after_every_round_of_faults_the_facts_are_the_truth(self):
        chance = random.Random(SEED)
        config = self.folder / "tally.yml"
        config.write_text(CONFIG)
        end = time.monotonic() + SECONDS
        rounds = 0
        with run_sim(self.folder, "--rate", "300", "--apps", "20", "--tasks", "100", "--seed", SEED, "--heartbeat-ms", "300",
                     "--member", "127.0.0.1:0") as sim:
            while rounds < 2 or time.monotonic() < end:
                rounds += 1
                with self.subTest(round=rounds), \
                        run_daemon(self.folder, self.database, f"sim={sim.url}", more=["--config.file", config]) as daemon:
                    sim.get("/sim/resume", method="POST")
                    for _ in range(chance.randrange(2, 6)):
                        kind, arguments = chance.choice(FAULTS)
                        events = daemon.value("marathon_events_total") or 0
                        sim.fault(kind, **arguments)
                        wait_until(lambda: (daemon.value("marathon_events_total") or 0) > events + 100, seconds=5)
                    sim.fault("clear")
                    # What a disorderly bus lost or mixed up without a sign, the next snapshot finds.
                    sim.fault("close")
                    before = daemon.value("marathon_reconciliations_total", result="ok") or 0
                    self.assertTrue(wait_until(
                        lambda: (daemon.value("marathon_reconciliations_total", result="ok") or 0) > before, seconds=90),
                        daemon.log.read_text()[-3000:])
                    known = truth.quiet(daemon, sim, seconds=90)
                    self.assertTrue(known, daemon.log.read_text()[-3000:])
                    self.assertEqual(truth.differences(self, known), [], daemon.log.read_text()[-3000:])
                    if chance.random() < 0.3:
                        daemon.kill()
                self.verify()
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])


if __name__ == "__main__":
    unittest.main()
