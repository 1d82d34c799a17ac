"""What a PromQL expression mentions: selectors, grouping labels, ranges. Not a parser: whether an expression is
correct is for promtool and Prometheus to say."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""\s+ | \#[^\n]* | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`) | (?P<range>\[[^\]]*\])
    | (?P<number>\d[\w.]*) | (?P<name>[A-Za-z_:][\w:]*) | (?P<variable>\$\w+|\$\{[^}]*\}) | (?P<sign>=~|!~|!=|>=|<=|==|.)""",
    re.VERBOSE,
)
AGGREGATORS = {
    "sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile",
}
GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
KEYWORDS = GROUPING | AGGREGATORS | {"and", "or", "unless", "bool", "offset", "inf", "nan", "start", "end", "atan2"}


@dataclass
class Selector:
    name: str
    text: str  # name and matchers, as written
    labels: list = field(default_factory=list)
    range: str = ""  # without brackets; empty for an instant


@dataclass
class Mentions:
    selectors: list = field(default_factory=list)
    grouping: list = field(default_factory=list)  # labels of by, without, on ...


def tokens(expression):
    for match in TOKEN.finditer(expression):
        if match.lastgroup:
            yield match.lastgroup, match.group(), match.start(), match.end()


def mentions(expression):
    found = Mentions()
    all_tokens = list(tokens(expression))
    at = 0

    def sign(index, value):
        return index < len(all_tokens) and all_tokens[index][1] == value

    while at < len(all_tokens):
        kind, value, start, end = all_tokens[at]
        at += 1
        if kind != "name":
            continue
        if value in GROUPING and sign(at, "("):
            while not sign(at, ")") and at < len(all_tokens):
                if all_tokens[at][0] == "name":
                    found.grouping.append(all_tokens[at][1])
                at += 1
        elif value.lower() not in KEYWORDS and not sign(at, "("):
            selector = Selector(value, expression[start:end])
            at, end = read_matchers(all_tokens, at, selector, end)
            selector.text = expression[start:end]
            if at < len(all_tokens) and all_tokens[at][0] == "range":
                selector.range = all_tokens[at][1][1:-1]
            found.selectors.append(selector)
    return found


def read_matchers(all_tokens, at, selector, end):
    """From behind the name to behind its braces, if it has any."""
    if at >= len(all_tokens) or all_tokens[at][1] != "{":
        return at, end
    while at < len(all_tokens) and all_tokens[at][1] != "}":
        if all_tokens[at][0] == "name":
            selector.labels.append(all_tokens[at][1])
        at += 1
    return at + 1, all_tokens[min(at, len(all_tokens) - 1)][3]
