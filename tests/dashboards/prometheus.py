"""A Prometheus of our own for the length of a test, and the few questions we ask it."""

import json
import math
import socket
import urllib.error
import urllib.parse
import urllib.request

CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}/rules.yml", "{rules}/alerts.yml"]
scrape_configs:
  - job_name: marathon-tally
    static_configs: [{{targets: ["{target}"]}}]
"""


class Prometheus:
    """Talks to the server at `url`. An answer that is an error raises ValueError with Prometheus' own words."""

    def __init__(self, url):
        self.url = url

    def ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error).get("error", str(error))) from error

    def query(self, expression):
        """The samples that a panel could draw: NaN is no answer. -> list of (labels, value)"""
        data = self.get("query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        samples = [(sample["metric"], float(sample["value"][1])) for sample in data["result"]]
        return [sample for sample in samples if not math.isnan(sample[1])]

    def rules(self):
        return [rule for group in self.get("rules")["groups"] for rule in group["rules"]]


def start(processes, folder, rules, target):
    """Starts a server that scrapes `target` (HOST:PORT) each second. -> Prometheus, perhaps not yet ready"""
    (folder / "prometheus.yml").write_text(CONFIG.format(rules=rules, target=target))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    processes.start(
        "prometheus",
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/tsdb",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    )
    return Prometheus(f"http://127.0.0.1:{port}")
