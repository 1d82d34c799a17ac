"""Daemons of ours on free ports, and what Linux tells about them."""

import http.client
import os
import re
import subprocess
import sys
import time


def wait_until(condition, seconds=60, pause=0.002):
    """-> the first true answer; ends the run when none comes"""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            sys.exit(f"bench/compare: waited {seconds} s in vain")
        time.sleep(pause)
    return answer


class Daemon:
    """Runs until the end of the with block; `begin` is the time just before exec."""

    def __init__(self, log, *command):
        self.log = log
        self.begin = time.monotonic()
        with log.open("w") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL)

    def __enter__(self):
        self.port = int(wait_until(self._find_port))
        return self

    def _find_port(self):
        if self.process.poll() is not None:
            sys.exit(f"bench/compare: {self.log.read_text()[-2000:]}")
        found = re.search(r"listening.*?https?://[\w.]+:(\d+)", self.log.read_text())
        return found and found[1]

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def get(self, path):
        """-> status, text"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def value(self, family):
        """Sum of a family's samples; None before there are any."""
        status, text = self.get("/metrics")
        values = re.findall(rf"^{family}(?:\{{.*\}})? (\S+)$", text, re.M) if status == 200 else ()
        return sum(map(float, values)) if values else None

    def cpu_seconds(self):
        """Of all its threads that live."""
        folder = f"/proc/{self.process.pid}/task"
        return sum(int(open(f"{folder}/{thread}/schedstat").read().split()[0]) for thread in os.listdir(folder)) / 1e9

    def voluntary_switches(self):
        """How often one of its threads has gone to wait."""
        folder = f"/proc/{self.process.pid}/task"
        return sum(int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", open(f"{folder}/{thread}/status").read(), re.M)[1])
                   for thread in os.listdir(folder))


def run_tally(build, folder, marathon):
    return Daemon(folder / "tally.log", build / "marathon-tally", "run", "--marathon", f"default={marathon}", "--database",
                  folder / "t.db", "--web.listen-address", "127.0.0.1:0")


def run_sim(build, folder, *arguments):
    return Daemon(folder / "sim.log", build / "marathon-sim", "serve", "--listen", "127.0.0.1:0", *arguments)
