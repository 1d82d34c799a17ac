"""Whether a large history makes the next file slower: one cluster's life, file by file, into one database, until that is
as large as wanted; then the next files into it and, in turn, into an empty one."""

import json
import statistics
import sys

from comparison import corpus, goals, rounds

PART_BYTES = 256 << 20
ROUNDS = 5  # pairs


def size_of(database):
    return sum(one.stat().st_size for one in database.parent.iterdir() if one.name.startswith(database.name))


def replay(build, file, database):
    """-> events, cost"""
    text, cost = rounds.run_once([build / "marathon-tally", "replay", file, "--database", database, "--json"])
    return json.loads(text)["events"], cost


def remove(database):
    for one in database.parent.glob(database.name + "*"):
        one.unlink()


def _fill(build, stream, database, wanted):
    """-> events in it"""
    events = 0
    while not database.exists() or size_of(database) < wanted:
        events += replay(build, stream.next(), database)[0]
        print(f"growth: {events:,} events, {size_of(database) / 1e9:.2f} GB", file=sys.stderr, flush=True)
    return events


def _pairs(build, stream, grown, empty):
    """-> rate into the grown one / rate into the empty one, of each file: wall, CPU"""
    wall, cpu = [], []
    for number in range(ROUNDS):
        file = stream.next()
        costs = {}
        for database in ((grown, empty), (empty, grown))[number % 2]:
            costs[database] = replay(build, file, database)[1]
        wall.append(costs[empty]["wall"] / costs[grown]["wall"])
        cpu.append(costs[empty]["cpu"] / costs[grown]["cpu"])
        remove(empty)
    return wall, cpu


def measure(build, work, wanted):
    folder = work / "growth"
    folder.mkdir()
    stream = corpus.Stream(build, folder, min(PART_BYTES, max(wanted // 4, 1 << 20)))
    try:
        events = _fill(build, stream, folder / "grown.db", wanted)
        wall, cpu = _pairs(build, stream, folder / "grown.db", folder / "empty.db")
    finally:
        stream.close()
        for one in folder.iterdir():
            one.unlink()
    return [goals.row("growth", statistics.median(wall), f"[{min(wall):.2f}-{max(wall):.2f}], CPU time "
                      f"{statistics.median(cpu):.2f}, at {wanted / (1 << 30):.2g} GiB, {events / 1e6:.1f} M events")]
