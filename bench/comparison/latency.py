"""From the socket to the counter and to the row, seen from outside.

A scrape shows what is in the journal, and polling it is too coarse for microseconds. So the sender looks at the journal
itself: its segment files, mapped into memory, until the bytes of the event it has just sent stand in them. From then on
kill -9 cannot take the event, and a scrape asked for is answered with it; the fold of that one event, a few
microseconds, may still be under way. What this adds is one look at the pages, about a microsecond; it takes a core.
The row: until a reader of the database finds the event, asked every half millisecond."""

import datetime
import mmap
import pathlib
import random
import sqlite3
import time

from comparison import goals, processes
from comparison.sse_server import SseServer

EVENTS = 3000
ROWS = 100
WINDOW_BYTES = 1 << 11  # the records of one event are much shorter
GIVE_UP_NS = 5_000_000_000


def _event(number):
    """-> body, what nobody else's body contains"""
    mark = f"latency-{number:08}"
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    body = ('{"slaveId":"2275bb07-f40c-4d1e-884a-3d1332aed113-S4","taskId":"product_web.instance-a5f2bd75-caaa-11e8-a129-'
            f'70b3d5800001._app.{number}","taskStatus":"TASK_RUNNING","message":"{mark}","appId":"/product/web","host":'
            '"agent-4.example.com","ipAddresses":[{"ipAddress":"9.0.1.3","protocol":"IPv4"}],"ports":[31000,31001],'
            f'"version":"2019-08-20T10:00:01.000Z","eventType":"status_update_event","timestamp":"{now}"}}')
    return body.encode(), mark.encode()


class JournalView:
    """The segment files of a journal as they are written."""

    def __init__(self, database):
        self.maps = []
        for file in sorted(pathlib.Path(database.parent).glob(database.name + ".journal.*")):
            with file.open("rb") as opened:
                if file.stat().st_size:
                    self.maps.append(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
        self.at = None

    def find(self, mark):
        """Anywhere. Slow."""
        for view in self.maps:
            if (place := view.find(mark)) >= 0:
                self.at = view, place
                return True
        return False

    def spin(self, mark):
        """Behind the one found last. -> perf_counter_ns() when it is there; 0: it is somewhere else"""
        view, place = self.at
        begin = time.perf_counter_ns()
        while True:
            found = view[place:place + WINDOW_BYTES].find(mark)  # a copy: mmap's own find() takes microseconds
            now = time.perf_counter_ns()
            if found >= 0:
                self.at = view, place + found
                return now
            if now - begin > GIVE_UP_NS:
                return 0


def _percentiles(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]


def _to_journal(server, database):
    """-> microseconds of each event"""
    journal = JournalView(database)
    body, mark = _event(0)
    server.say(body)
    processes.wait_until(lambda: journal.find(mark))
    times = []
    for number in range(1, EVENTS + 1):
        body, mark = _event(number)
        time.sleep(random.uniform(0.0005, 0.003))  # the receiver sleeps, too
        sent = server.say(body)
        seen = journal.spin(mark)
        if seen:
            times.append((seen - sent) / 1000)
        else:  # another segment
            processes.wait_until(lambda: journal.find(mark))
    return times


def _to_row(server, database):
    """-> milliseconds of each event"""
    reader = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    times = []
    for number in range(EVENTS + 1, EVENTS + 1 + ROWS):
        body, _ = _event(number)
        time.sleep(random.uniform(0.1, 0.3))
        task = (f"%._app.{number}",)
        before = reader.execute("SELECT max(seq) FROM v_events").fetchone()[0] or 0
        sent = server.say(body)
        processes.wait_until(lambda: (reader.execute("SELECT max(seq) FROM v_events").fetchone()[0] or 0) > before,
                             pause=0.0005)
        times.append((time.perf_counter_ns() - sent) / 1e6)
        assert reader.execute("SELECT count(*) FROM v_events WHERE seq > ? AND entity LIKE ?", (before, *task)).fetchone()[0]
    reader.close()
    return times


def measure(build, folder):
    server = SseServer()
    try:
        with processes.run_tally(build, folder, server.url):
            server.attached.wait(60)
            time.sleep(1)  # it asks for its snapshots first, in vain
            journal = _percentiles(_to_journal(server, folder / "t.db"))
            row = _percentiles(_to_row(server, folder / "t.db"))
    finally:
        server.close()
    return [goals.row("to_counter", journal[0], f"(in the journal; p99 {journal[1]:.0f} us)"),
            goals.row("to_row", row[0], f"(p99 {row[1]:.0f} ms)")]
