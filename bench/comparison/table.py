"""What was measured, as people read it: Markdown."""

import statistics

from comparison import rounds


def _spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


def _replay_line(one, measured, events):
    if one.missing:
        return f"| {one.name} | {one.what} | {one.missing} |||||||"
    runs = measured["runs"][one.name]
    walls = [run["wall"] for run in runs]
    ratio = cpu_ratio = "1"
    if not one.is_ours():
        ratio = _spread(rounds.ratios(measured, one.name, one.against)) + ("" if one.against == "tally" else " (none)")
        cpu_ratio = f"{statistics.median(rounds.ratios(measured, one.name, one.against, 'cpu')):.2f}"
    disk = f"{runs[-1]['disk'] / events:.0f}" if one.stores else "-"
    told = measured["told"][one.name]
    same = "all" if len(told) == 4 else ", ".join(told)
    return (f"| {one.name} | {one.what} | {_spread(walls)} | {events / statistics.median(walls) / 1000:.0f} k | {ratio} "
            f"| {statistics.median(run['cpu'] for run in runs):.2f} | {cpu_ratio} "
            f"| {max(run['rss_mb'] for run in runs):.0f} | {disk} | {same} |")


def of_replays(fields, measured, size, count):
    answers = measured["answers"]
    events = answers["events"]
    head = (f"{events:,} events, {size:,} bytes, {count} rounds in turn; {answers['transitions']:,} transitions, "
            f"{answers['failures']:,} failed checks, {answers['deployments']:,} finished deployments.\n\n"
            "| name | what | wall s, median [min-max] | events/s | times our wall, round by round | CPU s | times our CPU "
            "| RSS MB | B/event on disk | same answers |\n|---|---|---|---|---|---|---|---|---|---|")
    return "\n".join([head, *(_replay_line(one, measured, events) for one in fields)])


def of_goals(rows):
    def number(value):
        return "-" if value is None else f"{value:g}"

    lines = [f"| {row.what} | {row.value:.3g} {row.unit} {row.note}".rstrip() + f" | {number(row.at_least)} | {number(row.stretch)} "
             f"| {row.verdict} |" for row in rows]
    return "\n".join(["", "| goal | measured | at least | stretch | |", "|---|---|---|---|---|", *lines])
