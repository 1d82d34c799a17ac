"""What the daemon costs while little happens: CPU at 100 events/s, going to sleep and waking with heartbeats only; and the
latency of an event."""

import time

from comparison import goals, latency, processes

SETTLE_SECONDS = 5


def _while(build, work, name, seconds, *sim):
    """A simulator and the daemon. -> CPU seconds and voluntary context switches of the daemon a second"""
    folder = work / name
    folder.mkdir()
    with processes.run_sim(build, folder, *sim) as marathon, processes.run_tally(build, folder, marathon.url) as tally:
        processes.wait_until(lambda: tally.value("marathon_events_total"))
        time.sleep(SETTLE_SECONDS)
        begin, cpu, switches = time.monotonic(), tally.cpu_seconds(), tally.voluntary_switches()
        time.sleep(seconds)
        took = time.monotonic() - begin
        return (tally.cpu_seconds() - cpu) / took, (tally.voluntary_switches() - switches) / took


def measure(build, work, seconds):
    busy, busy_switches = _while(build, work, "busy", seconds, "--rate", 100)
    quiet, quiet_switches = _while(build, work, "quiet", seconds, "--rate", 100, "--events", 100)
    folder = work / "latency"
    folder.mkdir()
    return [goals.row("idle_cpu", busy * 100, f"({busy_switches:.0f} switches/s)"),
            goals.row("idle_wakeups", quiet_switches, f"({quiet * 100:.3f} % of a core)"),
            *latency.measure(build, folder)]
