"""The goals that our own benches measure. Their names are here and nowhere else: a bench or a name that is not there is
said on stderr and left out."""

import json
import subprocess
import sys

from comparison import goals

# goal: program, the reference, ours; the ratio is reference time / our time
RATIOS = {
    "decode": ("decode_bench", "reference_ondemand_mix", "decode_mix"),
    "exposition": ("exposition_bench", "prometheus_cpp/100000", "ours/text/100000"),
}
MEMORY = {"live_task": "live_task_bytes", "ended_task": "ended_task_bytes"}  # of memory_bench, which prints JSON


def _ask(program, *arguments):
    """-> the JSON it prints; nothing when it is not there"""
    if not program.exists():
        print(f"bench/compare: there is no {program.name}", file=sys.stderr)
        return None
    done = subprocess.run([program, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout[done.stdout.index("{"):])


def _ratio(build, goal, program, reference, ours):
    filters = f"^({reference}|{ours})$"
    told = _ask(build / "bench" / program, "--benchmark_format=json", f"--benchmark_filter={filters}",
                "--benchmark_repetitions=5", "--benchmark_enable_random_interleaving=true")
    times = {}
    for one in told["benchmarks"] if told else ():
        if one.get("aggregate_name") == "median":
            times[one["run_name"]] = one["cpu_time"]
    if reference in times and ours in times:
        return [goals.row(goal, times[reference] / times[ours], "CPU time")]
    print(f"bench/compare: {program} does not know {reference} and {ours}", file=sys.stderr)
    return []


def measure(build, _work, _wanted):
    rows = []
    for goal, names in RATIOS.items():
        rows += _ratio(build, goal, *names)
    told = _ask(build / "bench" / "memory_bench")
    return rows + [goals.row(goal, told[key]) for goal, key in MEMORY.items() if told and key in told]
