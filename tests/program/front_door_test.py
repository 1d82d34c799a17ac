"""Our own port: SQL over HTTP, TLS and users, as a client meets them."""

import base64
import crypt
import json
import ssl
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

from support import Case, run_daemon, run_sim, wait_until

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


class FrontDoor(Case):
    def query(self, daemon, sql, more=""):
        """-> status, body as text"""
        status, _, body = daemon.get("/api/v1/query?" + urllib.parse.urlencode({"sql": sql}) + more)
        return status, body.decode()

    def config(self, text):
        path = self.folder / "tally.yml"
        path.write_text(text)
        return ["--config.file", path]

    def test_queries_give_the_rows_of_the_database(self):
        events = 500
        sim = run_sim(self.folder, "--events", events, "--rate", "2000", "--wait-for-subscriber")
        with sim, run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
            self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total") or 0) >= events))
            self.assertTrue(wait_until(lambda: daemon.value("marathon_tally_journal_bytes") == 0))
            status, body = self.query(daemon, "SELECT event_type, count(*) AS n FROM v_events GROUP BY 1 ORDER BY 1")
            answer = json.loads(body)
            self.assertEqual(status, 200)
            self.assertEqual(answer["columns"], ["event_type", "n"])
            self.assertEqual(answer["truncated"], False)
            counted = dict(answer["rows"])
            for event_type, count in counted.items():
                self.assertEqual(daemon.value("marathon_events_total", event_type=event_type), count)
            status, body = self.query(daemon, "SELECT 1 AS a, NULL AS b, x'00ff' AS c", "&format=csv")
            self.assertEqual((status, body), (200, "a,b,c\r\n1,,00ff\r\n"))

    def test_what_a_query_may_not_do_has_a_status_of_its_own(self):
        more = self.config("query: {timeout: 300ms, max_rows: 3, max_value_bytes: 1000}\n")
        with run_daemon(self.folder, self.database, "x=http://127.0.0.1:9", more=more) as daemon:
            for sql, status in [("SELECT", 400), ("DELETE FROM v_events", 403), ("PRAGMA user_version = 1", 403),
                                ("SELECT 1; SELECT 2", 400), (ENDLESS, 408), ("SELECT zeroblob(1001)", 400)]:
                self.assertEqual(self.query(daemon, sql)[0], status, sql)
                self.assertIn("error", json.loads(self.query(daemon, sql)[1]))
            answer = json.loads(self.query(daemon, "VALUES (1), (2), (3), (4)")[1])
            self.assertEqual((answer["rows"], answer["truncated"]), ([[1], [2], [3]], True))

    def test_tls_and_users(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1"], cwd=self.folder, check=True, capture_output=True)
        web = self.folder / "web.yml"
        password = crypt.crypt("open sesame", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))
        web.write_text("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"
                       f"basic_auth_users: {{alice: '{password}'}}\n")
        trust = ssl.create_default_context(cafile=self.folder / "cert.pem")

        def get(daemon, credentials, path="/-/healthy", method="GET"):
            request = urllib.request.Request(daemon.url + path, method=method)
            if credentials:
                request.add_header("Authorization", "Basic " + base64.b64encode(credentials).decode())
            try:
                return urllib.request.urlopen(request, context=trust, timeout=10).status
            except urllib.error.HTTPError as error:
                return error.code

        with run_daemon(self.folder, self.database, "x=http://127.0.0.1:9",
                        more=["--web.config.file", web, "--web.enable-lifecycle"]) as daemon:
            self.assertEqual(get(daemon, b"alice:open sesame"), 200)
            self.assertEqual(get(daemon, b"alice:guess"), 401)
            self.assertEqual(get(daemon, None), 401)
            self.assertEqual(daemon.get("/-/healthy")[0], 400)  # plain HTTP
            self.assertEqual(get(daemon, b"alice:open sesame", "/-/reload", "POST"), 200)
            whole = web.read_text()
            for less in ("{}", whole.splitlines()[0], whole.splitlines()[1]):  # a reload opens no door
                web.write_text(less)
                self.assertEqual(get(daemon, b"alice:open sesame", "/-/reload", "POST"), 500, less)
                self.assertEqual(get(daemon, None), 401)

    def test_a_wrong_web_config_is_one_line_and_exit_code_2(self):
        web = self.folder / "web.yml"
        web.write_text("tls_server_config:\n  certfile: x\n")
        self.tally("run", "--marathon", "http://127.0.0.1:9", "--web.config.file", web, code=2)
        self.assertEqual(self.errors, f"marathon-tally: {web}:2: there is no setting tls_server_config.certfile\n")


if __name__ == "__main__":
    unittest.main()
