"""What the whole-program tests share: the binaries, a folder, SQL, metrics, and waiting for a fact."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/release")
TALLY = str((BUILD / "marathon-tally").resolve())
SIM = str((BUILD / "marathon-sim").resolve())
# Of AddressSanitizer's builds: what was freed is kept back for a while, which a test of bounded memory must not see; and a
# library that is loaded before it does no harm.
os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=8:verify_asan_link_order=0")


def wait_until(condition, seconds=60, pause=0.05):
    """Asks until the answer is true. -> the last answer; false after `seconds`"""
    deadline = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(pause)
    return answer


def parse_metrics(text):
    """Exposition text. -> {(name, frozenset of (label, value)): number}"""
    samples = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", line).groups()
        pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")
        samples[name, frozenset(pairs)] = float(value)
    return samples


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tally-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.database = self.folder / "tally.db"

    def tally(self, *arguments, code=0, **options):
        """Runs marathon-tally to its end. -> what it wrote on stdout"""
        done = subprocess.run([TALLY, *map(str, arguments)], capture_output=True, timeout=600, cwd=self.folder, **options)
        self.errors = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, code, self.errors + done.stdout.decode(errors="replace")[-2000:])
        return done.stdout.decode()

    def replay(self, *files, database=None, **options):
        """-> the summary"""
        return json.loads(self.tally("replay", *files, "--database", database or self.database, "--json", **options))

    def generate(self, name, *arguments, totals=None):
        path = self.folder / name
        more = ["--totals", totals] if totals else []
        subprocess.run([SIM, "generate", "--out", path, *arguments, *more], check=True, timeout=600, capture_output=True)
        return path

    def write(self, name, *lines):
        path = self.folder / name
        path.write_bytes(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))
        return path

    def rows(self, sql, database=None):
        db = sqlite3.connect(f"file:{database or self.database}?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def verify(self, database=None):
        out = self.tally("verify", "--database", database or self.database)
        self.assertIn(" 0 differences", out)

    def every_view(self, database=None, skip=()):
        """All rows of all views, for comparing two databases; payloads by our own query, packed or not."""
        views = [row[0] for row in self.rows("SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v_*'", database)]
        self.assertGreater(len(views), 20)
        facts = {view: sorted(map(repr, self.rows(f"SELECT * FROM {view}", database)))
                 for view in views if view not in {"v_events", *skip}}
        if "v_events" not in skip:
            facts["v_events"] = self.tally("query", "--database", database or self.database,
                                           "SELECT * FROM v_events ORDER BY seq", "--format", "csv")
        return facts


class Daemon:
    """marathon-tally run, or marathon-sim serve, until the end of the with block."""

    def __init__(self, folder, *command, env=None):
        self.log = pathlib.Path(tempfile.mkstemp(dir=folder, suffix=".log")[1])
        with self.log.open("w") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})

    def __enter__(self):
        found = wait_until(lambda: self._address() or self.process.poll() is not None)
        if not isinstance(found, str):
            raise AssertionError(f"did not listen: {self.log.read_text()}")
        self.url = found
        return self

    def _address(self):
        found = re.search(r"listening.*?(https?://[\w.]+:\d+)", self.log.read_text())
        return found and found[1]

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"did not end: {self.log.read_text()[-2000:]}") from None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def get(self, path, method="GET", headers=None):
        """-> status, headers, body. A simulator told to refuse connections does so for a while, and to us too."""
        answer = wait_until(lambda: self._ask(path, method, headers) or self.process.poll() is not None, 20)
        if not isinstance(answer, tuple):
            raise ConnectionRefusedError(f"{self.url}: {self.log.read_text()[-2000:]}")
        return answer

    def _ask(self, path, method, headers):
        host = self.url.partition("://")[2]
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        except ConnectionRefusedError:
            return None
        finally:
            connection.close()

    def json(self, path, method="GET"):
        status, _, body = self.get(path, method)
        if status != 200:
            raise AssertionError(f"{method} {path}: {status} {body[:200]}")
        return json.loads(body)

    def fault(self, kind, **arguments):
        """marathon-sim: from now on, or at once."""
        query = urllib.parse.urlencode({"kind": kind, **{key.rstrip("_"): value for key, value in arguments.items()}})
        return self.json(f"/sim/fault?{query}", "POST")

    def metrics(self):
        status, _, body = self.get("/metrics")
        return parse_metrics(body.decode()) if status == 200 else {}

    def value(self, name, **labels):
        """Sum of the samples of that name that have these labels; None when there is none."""
        found = [value for (sample, pairs), value in self.metrics().items()
                 if sample == name and set(labels.items()) <= pairs]
        return sum(found) if found else None


def run_daemon(folder, database, *marathons, more=(), env=None, listen=True):
    marathon = [part for one in marathons for part in ("--marathon", one)]
    address = ["--web.listen-address", "127.0.0.1:0"] if listen else []
    return Daemon(folder, TALLY, "run", *marathon, "--database", database, *address, *more, env=env)


def run_sim(folder, *arguments):
    return Daemon(folder, SIM, "serve", "--listen", "127.0.0.1:0", *arguments)
