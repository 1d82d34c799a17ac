"""Every way a stream can end or an attempt can fail, with the rows, counters and causes that an operator then sees."""

import json
import signal
import subprocess
import unittest

from support import Case, run_daemon, run_sim, wait_until

SHORT = """
timeouts: {connect: 1s, header: 1s, silence: 1s}
"""
# What has a cause of its own without ending a session -> what the simulator does for one attempt.
FAILED_ATTEMPTS = [
    ("http_5xx", "http_error", {"status": 503, "count": 1}),
    ("http_4xx", "http_error", {"status": 404, "count": 1}),
    ("unauthorized", "http_error", {"status": 401, "count": 1}),
    ("empty", "empty_200", {"count": 1}),
    ("not_a_stream", "not_a_stream", {"count": 1}),
    ("redirect", "redirect", {"count": 1}),
    ("timeout", "never_answers", {"count": 1}),
]
ENDS = [("closed", "close", {}), ("reset", "rst", {}), ("closed", "half_frame", {"at": "body"}),
        ("reset", "half_frame", {"at": "utf8", "how": "rst"}), ("silent", "silence", {"which": "open"})]


class Causes(Case):
    def config(self, text=SHORT):
        path = self.folder / "tally.yml"
        path.write_text(text)
        return ["--config.file", path]

    def sim(self, *more):
        return run_sim(self.folder, "--rate", "50", "--apps", "5", "--tasks", "20", "--heartbeat-ms", "200", *more)

    def attached(self, daemon, sessions, source="sim"):
        """So many sessions so far, and the last one is open and compared with a snapshot."""
        def looks():
            return (daemon.get("/-/ready")[0] == 200 and daemon.value("marathon_stream_connected", source=source) == 1
                    and self.count(daemon, source) == sessions)
        self.assertTrue(wait_until(looks), daemon.log.read_text()[-3000:])

    def count(self, daemon, source):
        """Sessions, once the history has told the end of each gap before them, too."""
        if self.rows(f"SELECT 1 FROM v_gaps WHERE source = '{source}' AND NOT reconciled"):
            return None
        return self.rows(f"SELECT count(*) FROM v_sessions WHERE source = '{source}'")[0][0]

    def assert_told(self, daemon):
        """The counters are the rows."""
        metrics = daemon.metrics()
        rows = dict(self.rows("SELECT source, count(*) FROM v_gaps GROUP BY 1"))
        # Each a whole number of milliseconds, which the difference of two seconds since 1970 hits up to 0.2 us.
        lengths = dict(self.rows('SELECT source, sum(round(("end" - start) * 1000)) / 1000 FROM v_gaps GROUP BY 1'))
        for (name, labels), value in metrics.items():
            source = dict(labels).get("source")
            if name == "marathon_stream_gaps_total":
                self.assertEqual(value, rows.get(source, 0))
            if name == "marathon_stream_gap_seconds_total":
                self.assertAlmostEqual(value, lengths.get(source) or 0, places=6)
        self.verify()

    def test_a_session_that_ends_is_a_row_with_its_cause_and_the_gap_after_it_too(self):
        with self.sim() as sim, run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
            self.attached(daemon, 1)
            self.assertEqual(self.rows("SELECT * FROM v_gaps"), [])  # before the first session lies none
            for number, (cause, kind, arguments) in enumerate(ENDS, 1):
                with self.subTest(kind=kind):
                    before = daemon.value("marathon_stream_reconnects_total", cause=cause)
                    sim.fault(kind, **arguments)
                    self.attached(daemon, number + 1)
                    self.assertEqual(daemon.value("marathon_stream_reconnects_total", cause=cause), before + 1)
                    ended = self.rows('SELECT start, "end", cause FROM v_sessions ORDER BY start')
                    gaps = self.rows('SELECT start, "end", cause, lost, reconciled FROM v_gaps ORDER BY start')
                    self.assertEqual((ended[number - 1][2], gaps[number - 1][2]), (cause, cause))
                    # It begins with the last byte of the one session and ends with the first of the next.
                    self.assertEqual(gaps[number - 1][:2], (ended[number - 1][1], ended[number][0]))
                    self.assertEqual(gaps[number - 1][3:], (None, 1))
                    self.assertIsNone(ended[number][1])
            self.assert_told(daemon)
        cause, end = self.rows('SELECT cause, "end" FROM v_sessions ORDER BY start DESC LIMIT 1')[0]
        self.assertEqual(cause, "shutdown")
        self.assertEqual(self.rows('SELECT cause, "end" FROM v_gaps WHERE start = (SELECT max(start) FROM v_gaps)'),
                         [("shutdown", None)])

    def test_a_failed_attempt_counts_and_the_gap_says_why(self):
        with self.sim() as sim, run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
            self.attached(daemon, 1)
            for number, (cause, kind, arguments) in enumerate(FAILED_ATTEMPTS, 1):
                with self.subTest(cause=cause):
                    before = {one: daemon.value("marathon_stream_reconnects_total", cause=one) for one in ("closed", cause)}
                    sim.fault(kind, **arguments)
                    sim.fault("close")
                    self.attached(daemon, number + 1)
                    for one, value in before.items():
                        self.assertEqual(daemon.value("marathon_stream_reconnects_total", cause=one), value + 1)
                    gap = self.rows("SELECT cause, last_error, attempts FROM v_gaps ORDER BY start DESC LIMIT 1")[0]
                    self.assertEqual((gap[0], gap[2]), ("closed", 1))
                    self.assertTrue(gap[1].startswith(cause), gap)
            self.assert_told(daemon)

    def test_nobody_there_is_refused_no_such_name_is_dns_and_a_strangers_certificate_is_tls(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost"], cwd=self.folder, check=True,
                       capture_output=True)
        secure = self.sim("--tls-cert", self.folder / "cert.pem", "--tls-key", self.folder / "key.pem")
        with self.sim() as sim, secure as stranger:
            places = [("refused", "http://127.0.0.1:1"), ("dns", "http://nobody.invalid:8080"), ("tls", stranger.url)]
            sources = [f"{cause}={url},{sim.url}" for cause, url in places]
            with run_daemon(self.folder, self.database, *sources, more=self.config()) as daemon:
                for cause, _ in places:
                    self.attached(daemon, 1, source=cause)
                    self.assertEqual(daemon.value("marathon_stream_reconnects_total", source=cause, cause=cause), 1)
                # Attempts before the first session are counted, but there is no gap before it.
                self.assertEqual(self.rows("SELECT * FROM v_gaps"), [])
                self.assert_told(daemon)

    def test_a_new_leader_is_told_from_a_stream_that_was_only_closed(self):
        with self.sim("--member", "127.0.0.1:0") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
            self.attached(daemon, 1)
            sim.fault("leader_change")
            self.attached(daemon, 2)
            self.assertEqual(daemon.value("marathon_stream_reconnects_total", cause="leader_changed"), 1)
            self.assertEqual(daemon.value("marathon_stream_reconnects_total", cause="closed"), 0)
            self.assertEqual(self.rows("SELECT cause FROM v_gaps"), [("leader_changed",)])
            self.assertEqual(self.rows('SELECT cause FROM v_sessions WHERE "end" IS NOT NULL'), [("leader_changed",)])
            first, second = self.rows("SELECT DISTINCT url FROM v_sessions ORDER BY start")
            self.assertNotEqual(first, second)
            self.assert_told(daemon)

    def test_our_own_downtime_is_a_gap_a_crash_and_a_clean_stop_are_told_apart(self):
        with self.sim() as sim:
            with run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
                self.attached(daemon, 1)
                daemon.kill()
            with run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
                self.attached(daemon, 2)
                self.assertEqual(daemon.value("marathon_stream_reconnects_total", cause="crash"), 1)
                daemon.process.send_signal(signal.SIGTERM)
                self.assertEqual(daemon.process.wait(timeout=15), 0)
            with run_daemon(self.folder, self.database, f"sim={sim.url}", more=self.config()) as daemon:
                self.attached(daemon, 3)
                self.assertEqual(daemon.value("marathon_stream_reconnects_total", cause="crash"), 1)
                self.assertEqual(daemon.value("marathon_stream_reconnects_total", cause="shutdown"), 1)
                self.assertEqual(self.rows("SELECT cause FROM v_gaps ORDER BY start"), [("crash",), ("shutdown",)])
                self.assert_told(daemon)

    def test_a_reload_ends_what_is_gone_begins_what_is_new_and_leaves_the_rest_alone(self):
        with self.sim() as one, self.sim() as two, self.sim() as three:
            def sources(**urls):
                return "sources: [" + ", ".join(f"{{name: {name}, urls: ['{url}']}}" for name, url in urls.items()) + "]\n"
            more = self.config(SHORT + sources(one=one.url, two=two.url))
            with run_daemon(self.folder, self.database, more=[*more, "--web.enable-lifecycle"]) as daemon:
                self.attached(daemon, 1, "one")
                self.attached(daemon, 1, "two")
                self.config(SHORT + sources(one="not a url", two=two.url))
                self.assertEqual(daemon.get("/-/reload", "POST")[0], 500)
                self.assertEqual(daemon.value("marathon_tally_config_last_reload_successful"), 0)
                self.attached(daemon, 1, "one")
                self.config(SHORT + sources(two=two.url, three=three.url))
                self.assertEqual(daemon.get("/-/reload", "POST")[0], 200)
                self.attached(daemon, 1, "three")
                self.attached(daemon, 1, "two")
                self.assertEqual(daemon.value("marathon_tally_config_last_reload_successful"), 1)
                self.assertIsNone(daemon.value("marathon_events_total", source="one"))
                self.assertEqual(self.rows("SELECT source, cause FROM v_gaps"), [("one", "reload")])
                # Back again: its numbers go on.
                self.config(SHORT + sources(one=one.url, two=two.url, three=three.url))
                self.assertEqual(daemon.get("/-/reload", "POST")[0], 200)
                self.attached(daemon, 2, "one")
                self.assertEqual(daemon.value("marathon_stream_reconnects_total", source="one", cause="reload"), 1)
                self.assert_told(daemon)

    def test_a_silent_source_disturbs_no_other(self):
        with self.sim() as good, self.sim("--fault", "never_answers") as mute, self.sim("--fault", "drip bytes=1") as slow:
            sources = [f"good={good.url}", f"mute={mute.url}", f"slow={slow.url}", "gone=http://127.0.0.1:1"]
            with run_daemon(self.folder, self.database, *sources, more=self.config()) as daemon:
                self.assertTrue(wait_until(lambda: daemon.value("marathon_stream_connected", source="good") == 1))
                before = daemon.value("marathon_events_total", source="good") or 0
                self.assertTrue(wait_until(
                    lambda: (daemon.value("marathon_events_total", source="good") or 0) > before + 100))
                reasons = {reason["source"]: reason["reason"] for reason in json.loads(daemon.get("/-/ready")[2])["reasons"]}
                self.assertEqual(reasons["gone"], "never_attached")
                self.assertNotIn("good", reasons)


if __name__ == "__main__":
    unittest.main()
