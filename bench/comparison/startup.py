"""How long after exec the daemon tells its numbers again, with millions of events in the file: the first answer of
/metrics that counts them all. The Marathon it is to follow is not there: this is about the file alone."""

import statistics
import sys
import time

from comparison import corpus, goals, growth, processes

ROUNDS = 5
PART_BYTES = 256 << 20


def _fill(build, folder, wanted):
    """-> events in the file"""
    stream = corpus.Stream(build, folder, PART_BYTES)
    events = 0
    try:
        while events < wanted:
            events += growth.replay(build, stream.next(), folder / "t.db")[0]
            print(f"startup: {events:,} events", file=sys.stderr, flush=True)
    finally:
        stream.close()
        stream.file.unlink(missing_ok=True)
    return events


def _once(build, folder, events):
    with processes.run_tally(build, folder, "http://127.0.0.1:9") as daemon:
        processes.wait_until(lambda: daemon.value("marathon_events_total") == events, 600)
        return time.monotonic() - daemon.begin


def measure(build, work, millions):
    folder = work / "startup"
    folder.mkdir()
    events = _fill(build, folder, millions * 1e6)
    times = [_once(build, folder, events) for _ in range(ROUNDS)]
    size = growth.size_of(folder / "t.db")
    for one in folder.iterdir():
        one.unlink()
    return [goals.row("startup", statistics.median(times), f"[{min(times):.2f}-{max(times):.2f}], {events / 1e6:.1f} M "
                      f"events, {size / 1e9:.2f} GB")]
