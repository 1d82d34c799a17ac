"""Reads our own rules.yml and alerts.yml as far as the checks need them: Python's library has no YAML. Knows the
shapes we write (plain scalars, quoted ones, folded blocks, anchors); promtool judges the rest."""

import re
from dataclasses import dataclass, field

KEY = re.compile(r"^(?P<indent> *)(?P<dash>- )?(?P<key>[a-z_]+):(?: +(?P<value>.*))?$")
FIELDS = ("record", "alert", "expr", "for", "severity", "summary", "description", "runbook")


@dataclass
class Rule:
    file: str
    fields: dict = field(default_factory=dict)

    @property
    def name(self):
        return self.fields.get("alert") or self.fields.get("record")

    @property
    def is_alert(self):
        return "alert" in self.fields


def read(path):
    rules, anchors = [], {}
    block, indent = None, 0
    for line in path.read_text().splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        depth = len(line) - len(line.lstrip())
        if block and depth > indent:
            rules[-1].fields[block] = f"{rules[-1].fields[block]} {line.strip()}".strip()
            continue
        block = None
        match = KEY.match(line)
        if not match:
            continue
        key, value = match["key"], (match["value"] or "").strip()
        if match["dash"] and key in ("record", "alert"):
            rules.append(Rule(path.name))
        if key == "annotations" and value.startswith("&"):
            anchors[value[1:]] = rules[-1]
        elif key == "annotations" and value.startswith("*"):
            source = anchors[value[1:]].fields
            rules[-1].fields |= {name: source[name] for name in ("summary", "description", "runbook") if name in source}
        elif key in FIELDS and rules:
            folded = value in (">-", ">", "|", "|-")
            rules[-1].fields[key] = "" if folded else value.strip("'\"") if value[:1] in "'\"" else value
            block, indent = (key, depth) if folded else (None, 0)
    return rules
