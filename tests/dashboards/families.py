"""The metric families that dashboards and rules may use: the tables of schema/metrics.md."""

import re
from dataclasses import dataclass

ROW = re.compile(r"^\|\s*`([a-z_:]+)`\s*\|\s*(counter|gauge|histogram|summary)\s*\|\s*([^|]*?)\s*\|")
TARGET_LABELS = {"job", "instance"}
# Prometheus' own.
BUILTIN = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity"}}


@dataclass
class Series:
    """One name that can be selected."""

    family: str
    kind: str  # counter (also _bucket, _sum, _count) or gauge
    labels: set


def read(path):
    """Name of a series -> Series, for everything /metrics can show."""
    series = {}
    for line in path.read_text().splitlines():
        if match := ROW.match(line):
            name, kind, labels = match.groups()
            labels = set() if labels in ("none", "") else {label.strip() for label in labels.split(",")}
            for suffix in {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}.get(kind, ("",)):
                with_le = labels | ({"le"} if suffix == "_bucket" else set())
                series[name + suffix] = Series(name, "gauge" if kind == "gauge" else "counter", with_le)
    for name, labels in BUILTIN.items():
        series[name] = Series(name, "gauge", labels | {"source", "app"})
    return series
