"""The dashboards as the checks see them: panels and the queries in them, with Grafana's variables filled in."""

import json
import re
from dataclasses import dataclass

PROMETHEUS, SQLITE = "prometheus", "frser-sqlite-datasource"


@dataclass
class Query:
    where: str  # 'overview.json "Silence" A'
    kind: str  # PROMETHEUS or SQLITE
    text: str
    legend: str = ""
    role: str = "panel"  # or variable, annotation


def load(folder):
    """File name -> dashboard. Raises ValueError for JSON that does not parse."""
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def panels(board):
    """All panels, rows included, those inside collapsed rows too."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries(name, board):
    for panel in panels(board):
        for target in panel.get("targets", []):
            where = f'{name} "{panel["title"]}" {target["refId"]}'
            if "expr" in target:
                yield Query(where, PROMETHEUS, target["expr"], target.get("legendFormat", ""))
            else:
                yield Query(where, SQLITE, target["queryText"])
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            query = variable["query"]
            kind, text = (PROMETHEUS, query["query"]) if isinstance(query, dict) else (SQLITE, query)
            yield Query(f"{name} variable {variable['name']}", kind, text, role="variable")
    for annotation in board["annotations"]["list"]:
        if "expr" in annotation:
            legend = annotation["titleFormat"] + annotation["textFormat"]
            yield Query(f"{name} annotation {annotation['name']}", PROMETHEUS, annotation["expr"], legend, "annotation")


def fill_promql(text, window="30s", time_range="5m"):
    """With every source and app chosen."""
    for variable, value in (("$__rate_interval", window), ("$__range", time_range), ("$source", ".*"), ("$app", ".*")):
        text = text.replace(variable, value)
    return text


def fill_sql(text, from_ms, to_ms, sources=("",), deployment=""):
    def quote(value):
        return "'" + value.replace("'", "''") + "'"

    values = {
        "source:singlequote": ",".join(quote(source) for source in sources),
        "app:sqlstring": "'/'",
        "deployment:sqlstring": quote(deployment),
    }
    text = re.sub(r"\$\{([\w:]+)\}", lambda match: values.get(match[1], match[0]), text)
    return text.replace("$__from", str(from_ms)).replace("$__to", str(to_ms))


def label_values(text):
    """(selector, label) of label_values(selector, label)."""
    match = re.fullmatch(r"label_values\((.*),\s*(\w+)\)", text, re.DOTALL)
    return (match[1], match[2]) if match else None
