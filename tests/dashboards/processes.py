"""Child processes that live as long as a with block, their output kept in files."""

import re
import subprocess
import time


class CannotStart(Exception):
    pass


def wait_until(condition, seconds, pause=0.2):
    """Asks until the answer is true. -> the last answer; false after `seconds`"""
    deadline = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(pause)
    return answer


class Processes:
    def __init__(self, folder):
        self.folder = folder
        self.running = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.running.values()):
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name, *command):
        with open(self.log(name), "w") as log:
            self.running[name] = subprocess.Popen(
                [str(part) for part in command], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )

    def log(self, name):
        return self.folder / f"{name}.log"

    def address(self, name, seconds=60):
        """Waits for the line with `listening` and an URL. -> http://HOST:PORT; raises CannotStart"""
        pattern = re.compile(r"^.*listening.*?(http://[\w.]+:\d+)", re.MULTILINE)

        def listening():
            return pattern.search(self.log(name).read_text()) or self.running[name].poll() is not None

        found = wait_until(listening, seconds)
        if not isinstance(found, re.Match):
            raise CannotStart(f"{name} did not say where it listens: {self.tail(name)}")
        return found[1]

    def tail(self, name):
        return self.log(name).read_text()[-400:].strip() or "(no output)"

    def dead(self):
        """Names of those that ended by themselves."""
        return [name for name, process in self.running.items() if process.poll() is not None]
