"""HTTP callbacks of Marathon up to 1.4: registered, answered once safe, counted once."""

import http.client
import json
import os
import random
import unittest

from support import Case, run_daemon, run_sim, wait_until

ROUNDS = int(os.environ.get("TALLY_ROUNDS", "4"))
EVENT = ('{"eventType":"status_update_event","timestamp":"2017-01-01T00:00:%02d.%03dZ","slaveId":"s","taskId":"a.%s",'
         '"taskStatus":"TASK_RUNNING","message":"","appId":"/a","host":"h","ports":[],"version":"2017-01-01T00:00:00.000Z"}')


def body(number):
    return EVENT % (number // 1000 % 60, number % 1000, f"00000000-0000-1000-8000-{number:012d}")


class Callbacks(Case):
    def post(self, daemon, path, text, headers=None, connection=None):
        """-> status, headers, body"""
        to = connection or http.client.HTTPConnection(daemon.url.partition("://")[2], timeout=30)
        to.request("POST", path, body=text.encode() if isinstance(text, str) else text, headers=headers or {})
        response = to.getresponse()
        answer = response.status, response.headers, response.read()
        if connection is None:
            to.close()
        return answer

    def test_an_event_is_answered_once_it_is_safe_and_counts_once(self):
        with run_daemon(self.folder, self.database, "old=") as daemon:
            self.assertTrue(wait_until(daemon.metrics))
            self.assertEqual(daemon.get("/-/ready")[0], 503)
            status, headers, answer = self.post(daemon, "/callback/old", body(1))
            self.assertEqual((status, answer), (202, b""))
            self.assertEqual(self.post(daemon, "/callback/old", body(1))[0], 202)  # again: a duplicate
            self.assertEqual(daemon.value("marathon_events_total"), 1)
            self.assertEqual(daemon.value("marathon_events_duplicate_total", path="callback"), 1)
            self.assertEqual(daemon.get("/-/ready")[0], 200)
            for text, status, reason in [("{", 400, "not_json"), ("[1]", 400, "not_object"), ('{"a":1}', 400, "no_event_type"),
                                         ('{"eventType":"status_update_event"}', 202, "missing_field")]:
                self.assertEqual(self.post(daemon, "/callback/old", text)[0], status, text)
                self.assertEqual(daemon.value("marathon_events_rejected_total", reason=reason), 1)
            self.assertEqual(self.post(daemon, "/callback/nobody", body(2))[0], 404)
            status, headers, _ = daemon.get("/callback/old")
            self.assertEqual((status, headers["Allow"]), (405, "POST"))
            self.assertIsNone(daemon.value("marathon_stream_connected"))
        self.assertEqual(self.rows("SELECT count(*) FROM v_sessions"), [(0,)])
        self.assertEqual({row[0] for row in self.rows("SELECT coverage FROM v_app_health_hourly")}, set())
        self.verify()

    def test_it_registers_itself_with_a_marathon_that_has_callbacks_and_goes_at_the_end(self):
        config = self.folder / "tally.yml"
        with run_sim(self.folder, "--dialect", "1.3", "--rate", "200", "--apps", "10", "--tasks", "50") as sim:
            port = self.free_port()
            config.write_text(f"sources: [{{name: old, urls: ['{sim.url}'],"
                              f" callback: {{register: 'http://127.0.0.1:{port}/callback/old', secret: hush}}}}]\n"
                              f"web: {{listen_address: ['127.0.0.1:{port}']}}\n")
            with run_daemon(self.folder, self.database, more=["--config.file", config], listen=False) as daemon:
                self.assertTrue(wait_until(lambda: len(sim.json("/v2/eventSubscriptions")["callbackUrls"]) == 1))
                self.assertTrue(wait_until(lambda: daemon.value("marathon_events_duplicate_total", path="callback")
                                           or daemon.value("marathon_events_duplicate_total", path="stream")))
                self.assertEqual(self.post(daemon, "/callback/old", body(1))[0], 401)
                self.assertNotIn("hush", daemon.log.read_text() + str(daemon.get("/")) + str(daemon.get("/metrics")))
            self.assertEqual(sim.json("/v2/eventSubscriptions")["callbackUrls"], [])
        bodies = self.tally("query", "--database", self.database, "--format", "json",
                            "SELECT count(*) - count(DISTINCT payload) AS twice FROM v_events WHERE payload IS NOT NULL")
        self.assertEqual(json.loads(bodies)["rows"] if isinstance(json.loads(bodies), dict) else json.loads(bodies),
                         [[0]] if isinstance(json.loads(bodies), dict) else [{"twice": 0}])
        self.verify()

    def free_port(self):
        """A port that was free a moment ago: Marathon must be told where we listen before we do."""
        import socket
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def test_nothing_that_was_answered_2xx_is_missing_after_kill_minus_9(self):
        chance = random.Random(3)
        number, accepted = 0, set()
        with run_sim(self.folder, "--rate", "3000", "--apps", "40", "--tasks", "400") as sim:
            for round_ in range(ROUNDS):
                shown = 0
                with self.subTest(round=round_), run_daemon(self.folder, self.database, "old=", f"sim={sim.url}") as daemon:
                    self.assertTrue(wait_until(daemon.metrics))
                    shown = daemon.value("marathon_events_total") or 0
                    to = http.client.HTTPConnection(daemon.url.partition("://")[2], timeout=30)
                    for _ in range(chance.randrange(20, 400)):
                        number += 1
                        if self.post(daemon, "/callback/old", body(number), connection=to)[0] == 202:
                            accepted.add(body(number))
                    self.assertGreaterEqual(daemon.value("marathon_events_total") or 0, shown)
                    shown = daemon.value("marathon_events_total") or 0
                    to.close()
                    daemon.kill()
                with run_daemon(self.folder, self.database, "old=", f"sim={sim.url}") as daemon:
                    self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total") or 0) >= shown))
                    self.assertEqual(daemon.value("marathon_events_total", source="old"), len(accepted))
        stored = {row[0] for row in self.rows("SELECT payload FROM v_events WHERE source = 'old'")}
        self.assertEqual(accepted - stored, set())
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        self.verify()


if __name__ == "__main__":
    unittest.main()
