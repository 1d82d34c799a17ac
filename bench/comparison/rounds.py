"""Whole processes in turn, each into an empty folder, and what they cost."""

import os
import shutil
import subprocess
import sys
import tempfile
import time


def run_once(command, env=None):
    """-> what it printed; wall and CPU seconds and the largest process in MB, of it and of those it waited for"""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **(env or {})})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        text = out.read().decode()
        if process.returncode != 0:
            sys.exit(f"bench/compare: {' '.join(map(str, command))} ended with {process.returncode}:\n"
                     f"{text[-2000:]}{err.read().decode(errors='replace')[-4000:]}")
    return text, {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "rss_mb": usage.ru_maxrss / 1024}


def _one(contestant, file, work, env):
    folder = work / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.sync()  # nobody pays for what the one before has written
    text, cost = run_once(contestant.command(file, folder), env)
    cost["disk"] = sum(one.stat().st_size for one in folder.iterdir()) if contestant.stores else 0
    shutil.rmtree(folder)
    return contestant.answers(text), cost


def _check(name, answers, right):
    """Ends the run where an answer is another than ours."""
    wrong = {what: (value, right[what]) for what, value in answers.items() if value != right[what]}
    if wrong:
        sys.exit("bench/compare: THE ANSWERS DIFFER: "
                 + "; ".join(f"{what}: {name} says {value}, we say {ours}" for what, (value, ours) in wrong.items()))


def run(fields, file, work, count, env):
    """-> {"answers": ours, "runs": {name: [cost of each round]}, "told": {name: what it could tell}}"""
    runs, told, right = {}, {}, None
    for number in range(count):
        for one in fields:
            if one.missing:
                continue
            print(f"round {number + 1} of {count}: {one.name}", file=sys.stderr, flush=True)
            answers, cost = _one(one, file, work, env)
            right = right or answers
            _check(one.name, answers, right)
            told[one.name] = sorted(answers)
            runs.setdefault(one.name, []).append(cost)
    return {"answers": right, "runs": runs, "told": told}


def ratios(measured, name, against, what="wall"):
    """Of that one to the other, round by round."""
    return [a[what] / b[what] for a, b in zip(measured["runs"][name], measured["runs"][against])]
