"""What was aimed at, and how far it was reached."""

import statistics
import typing

from comparison import rounds

# what, at least, stretch, unit: "x" the more the better, others the less
GOALS = {
    "python": ("replay with full history vs Python json + sqlite3", 8, 12, "x"),
    "node": ("replay with full history vs Node + better-sqlite3", 6, 9, "x"),
    "duckdb": ("replay with full history vs DuckDB, columns and raw line", 1.3, 2.5, "x"),
    "python-none": ("facts and metrics only vs the same Python without payload", 10, 20, "x"),
    "decode": ("decode, full validation, vs bare simdjson over five fields", 0.5, 1, "x"),
    "disk": ("bytes on disk per event after replay", 90, 60, "B"),
    "live_task": ("memory per live task", 400, 200, "B"),
    "ended_task": ("memory per ended task remembered", 64, 32, "B"),
    "exposition": ("100k series vs prometheus-cpp's serialiser", 40, 100, "x"),
    "growth": ("events/s with the history grown vs empty", 0.8, 0.95, "x"),
    "startup": ("start-up with all events in the file", 2, None, "s"),
    "idle_cpu": ("share of a core at 100 events/s", 2, None, "%"),
    "idle_wakeups": ("voluntary context switches with heartbeats only", None, None, "/s"),
    "to_counter": ("socket byte to counter, p50", 100, None, "us"),
    "to_row": ("socket byte to durable row, p50", 120, None, "ms"),
}


class Row(typing.NamedTuple):
    what: str
    value: float
    unit: str
    at_least: typing.Optional[float]
    stretch: typing.Optional[float]
    verdict: str
    note: str = ""


def row(key, value, note=""):
    """A goal beside what was measured."""
    what, at_least, stretch, unit = GOALS[key]

    def reached(goal):
        return goal is not None and (value >= goal if unit == "x" else value <= goal)

    verdict = "-" if at_least is None else "met, stretch too" if reached(stretch) else "met" if reached(at_least) else "MISSED"
    return Row(what, value, unit, at_least, stretch, verdict, note)


def of_replays(fields, measured):
    rows = []
    runs = measured["runs"]
    for one in fields:
        if one.goal and one.name in runs:
            each = rounds.ratios(measured, one.name, one.against)
            cpu = statistics.median(rounds.ratios(measured, one.name, one.against, "cpu"))
            note = f"[{min(each):.2f}-{max(each):.2f}], CPU time {cpu:.2f}"
            rows.append(row(one.goal, statistics.median(each), note))
    if "tally" in runs:
        rows.append(row("disk", runs["tally"][-1]["disk"] / measured["answers"]["events"]))
    return rows
