"""Our own port under clients that are slow, idle, too large or no clients at all."""

import contextlib
import resource
import socket
import ssl
import subprocess
import time
import unittest
import urllib.parse

from support import TALLY, Case, Daemon, run_daemon, run_sim, wait_until

COUNT = 500
MIB = 1 << 20
# Generous: a scrape takes milliseconds, and the machine may be busy with other tests.
SCRAPE_MAX = 10
RSS_GROWTH_MAX = 64 * MIB

SLOW = [
    b"",
    b"G",
    b"GET /metrics HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",  # and never reads the answer
    b"POST /callback/sim HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\n{",
    b"POST /-/reload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"\x16\x03\x01\x02",
    b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n",  # answered, then idle
]

REFUSED = [
    (b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET /" + b"a" * 200000, 414),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 100 + b"\r\n", 431),
    (b"\x00\xff" * 100 + b"\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400),
    (b"POST /-/reload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    (b"POST /-/reload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n" + b"a" * 100000, 413),
    (b"POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n", 413),
    (b"POST /callback/none HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\n" + b"a" * 100000, 404),
    (b"POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
    (b"DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    (b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    (b"GET /api/v1/query?sql=DROP+TABLE+event HTTP/1.1\r\nHost: a\r\n\r\n", 403),
]


class Connections(Case):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4 * COUNT), hard), hard))
        self.open = contextlib.ExitStack()
        self.addCleanup(self.open.close)

    def connect(self, daemon, first=b""):
        client = self.open.enter_context(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(60)
        host, port = daemon.url.partition("://")[2].split(":")
        client.connect((host, int(port)))
        client.sendall(first)
        return client

    def status_of(self, client):
        """Of the next answer; None when there is none."""
        head = b""
        while b"\r\n" not in head:
            try:
                more = client.recv(4096)
            except ConnectionResetError:
                return None
            if not more:
                return None
            head += more
        return int(head.split()[1])

    def rss(self, daemon):
        with open(f"/proc/{daemon.process.pid}/statm", encoding="ascii") as numbers:
            return int(numbers.read().split()[1]) * resource.getpagesize()

    def scrape(self, daemon):
        begin = time.monotonic()
        status, _, body = daemon.get("/metrics")
        self.assertEqual(status, 200)
        self.assertIn(b"marathon_events_total", body)
        self.assertLess(time.monotonic() - begin, SCRAPE_MAX)

    def followed(self):
        """A daemon that has something to show."""
        events = 3000
        sim = self.open.enter_context(run_sim(self.folder, "--events", events, "--rate", "2000", "--apps", "50",
                                              "--tasks", "300", "--wait-for-subscriber"))
        daemon = self.open.enter_context(run_daemon(self.folder, self.database, f"sim={sim.url}",
                                                    more=["--web.enable-lifecycle"]))
        self.assertTrue(wait_until(lambda: (daemon.value("marathon_events_total") or 0) >= events))
        self.scrape(daemon)
        return daemon

    def test_500_slow_and_idle_connections_hold_up_no_scrape_and_hold_no_memory(self):
        daemon = self.followed()
        before = self.rss(daemon)
        for i in range(COUNT):
            self.connect(daemon, SLOW[i % len(SLOW)])
        for _ in range(5):
            self.scrape(daemon)
        open_now = daemon.value("marathon_tally_http_connections")
        self.assertGreaterEqual(open_now, COUNT * (len(SLOW) - 2) // len(SLOW))  # some have been refused
        self.assertLess(self.rss(daemon) - before, RSS_GROWTH_MAX)
        query = "/api/v1/query?" + urllib.parse.urlencode({"sql": "SELECT count(*) FROM v_events"})
        self.assertEqual(daemon.get(query)[0], 200)
        self.assertEqual(daemon.get("/-/healthy")[0], 200)

    def test_a_flood_of_malformed_and_oversized_requests_is_refused_and_leaves_nothing(self):
        daemon = self.followed()
        before = self.rss(daemon)
        for _ in range(10):
            for request, status in REFUSED:
                with self.connect(daemon, request) as client:
                    self.assertEqual(self.status_of(client), status, request[:80])
        self.scrape(daemon)
        self.assertLess(self.rss(daemon) - before, RSS_GROWTH_MAX)
        self.assertTrue(wait_until(lambda: daemon.value("marathon_tally_http_connections") < 20))

    def test_the_oldest_idle_connection_goes_when_there_are_too_many(self):
        config = self.folder / "tally.yml"
        config.write_text("http: {max_connections: 20}\n")
        with run_daemon(self.folder, self.database, "x=http://127.0.0.1:9", more=["--config.file", config]) as daemon:
            self.assertTrue(wait_until(lambda: daemon.get("/-/healthy")[0] == 200))
            clients = [self.connect(daemon, b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(60)]
            self.assertEqual(self.status_of(clients[-1]), 200)
            self.assertEqual(daemon.get("/-/healthy")[0], 200)
            ended = sum(self.ends(client) for client in clients[:30])
            self.assertEqual(ended, 30)

    def test_a_low_limit_of_open_files_is_raised_where_that_is_allowed(self):
        low = ["sh", "-c", 'ulimit -Sn 100 && exec "$0" "$@"']
        with Daemon(self.folder, *low, TALLY, "run", "--marathon", "x=http://127.0.0.1:9", "--database", self.database,
                    "--web.listen-address", "127.0.0.1:0") as daemon:
            self.assertTrue(wait_until(lambda: (daemon.value("process_max_fds") or 0) > 1024))
            clients = [self.connect(daemon, b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(200)]
            for client in clients:
                self.assertEqual(self.status_of(client), 200)

    def ends(self, client):
        try:
            while client.recv(4096):
                pass
        except ConnectionResetError:
            pass
        return True

    def test_tls_clients_that_never_finish_their_handshake_hold_up_nobody(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1"], cwd=self.folder, check=True, capture_output=True)
        web = self.folder / "web.yml"
        web.write_text("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n")
        trust = ssl.create_default_context(cafile=self.folder / "cert.pem")
        with run_daemon(self.folder, self.database, "x=http://127.0.0.1:9", more=["--web.config.file", web]) as daemon:
            for i in range(200):
                self.connect(daemon, [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"][i % 3])
            with trust.wrap_socket(self.connect(daemon), server_hostname="127.0.0.1") as client:
                client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(self.status_of(client), 200)


if __name__ == "__main__":
    unittest.main()
