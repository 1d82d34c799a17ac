"""Who takes part: how it is called, whom it is measured against, and whether it is here."""

import json
import pathlib
import shutil
import subprocess
import sys
import typing

PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"
NPM_PACKAGES = ("better-sqlite3@12", "@duckdb/node-api")


class Contestant(typing.NamedTuple):
    name: str
    what: str
    command: typing.Callable  # (file, folder) -> words
    against: str = "tally"  # whose wall seconds of the same round are divided by; itself: ours
    goal: str = ""  # key in goals.GOALS
    stores: bool = True  # then its folder's size is the history's
    needs: tuple = ()  # what must be installed: programs, or npm:NAME
    missing: str = ""  # what is not; then it does not run

    def answers(self, text):
        """What it printed. -> events, transitions, failures, deployments: those that it can tell"""
        found = json.loads(text[text.index("{"):])
        if not self.is_ours():
            return found
        return {"events": found["events"], "transitions": found["task_transitions"], "failures": found["health_failures"],
                "deployments": sum(found["deployments"].values())}

    def is_ours(self):
        return self.against == self.name


def _all(build, work):
    tally = build / "marathon-tally"
    no_payload = work / "no_payload.yml"
    no_payload.write_text("history: {payload: none}\n")

    def replay(*more):
        return lambda file, folder: [tally, "replay", file, "--database", folder / "t.db", "--json", *more]

    def peer(program, script, *more):
        return lambda file, folder: [*program, PEERS / script, file, folder / "peer.db", *more]

    python, node = [sys.executable], ["node"]
    return [
        Contestant("tally", "marathon-tally replay", replay()),
        Contestant("tally-none", "the same, history.payload: none", replay("--config.file", no_payload),
                   against="tally-none"),
        Contestant("python", "Python json + sqlite3", peer(python, "python_sqlite.py"), goal="python"),
        Contestant("python-none", "the same, payload not stored", peer(python, "python_sqlite.py", "--no-payload"),
                   against="tally-none", goal="python-none"),
        Contestant("node", "Node + better-sqlite3", peer(node, "node_sqlite.js"), goal="node",
                   needs=("node", "npm:better-sqlite3")),
        Contestant("duckdb-load", "DuckDB, columns and raw line", peer(node, "duckdb.js", "--load-only"), goal="duckdb",
                   needs=("node", "npm:@duckdb/node-api")),
        Contestant("duckdb", "the same and the facts", peer(node, "duckdb.js"), needs=("node", "npm:@duckdb/node-api")),
        Contestant("sqlite-cli", "sqlite3 .import, json, lag()", peer(["sh"], "sqlite_cli.sh"), needs=("sqlite3",)),
        Contestant("jq", "jq and awk, stores nothing", peer(["sh"], "jq_awk.sh"), against="tally-none", stores=False,
                   needs=("jq", "awk")),
        Contestant("mtail", "mtail, counts only", lambda file, folder: ["sh", PEERS / "mtail.sh", file, folder],
                   against="tally-none", stores=False, needs=("mtail",)),
    ]


NAMES = ("tally", "tally-none", "python", "python-none", "node", "duckdb-load", "duckdb", "sqlite-cli", "jq", "mtail")


def _modules(build):
    return build / "bench" / "peers" / "node_modules"


def environment(build):
    """For all who run: where Node finds its modules."""
    return {"NODE_PATH": str(_modules(build))}


def _missing(build, contestant):
    lacking = [need for need in contestant.needs
               if not (_modules(build) / need[4:] if need.startswith("npm:") else pathlib.Path(shutil.which(need) or "/none"))
               .exists()]
    return "not installed: " + ", ".join(lacking) if lacking else ""


def choose(build, work, names):
    """-> those of these names, and ours that they are measured against, in order; the missing ones say so"""
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.exit(f"bench/compare: nobody is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    everybody = _all(build, work)
    wanted = set(names) | {one.against for one in everybody if one.name in names}
    return [one._replace(missing=_missing(build, one)) for one in everybody if one.name in wanted]


def install(build):
    """npm's peers, into the build tree. Whether a package may run its own build is asked by newer versions of npm."""
    folder = build / "bench" / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"name": "peers", "private": true}\n')
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", *NPM_PACKAGES], cwd=folder, check=True)
    works = ["node", "-e", "new (require('better-sqlite3'))(':memory:')"]
    if subprocess.run(works, cwd=folder, stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run(["npm", "install-scripts", "approve", "better-sqlite3"], cwd=folder)
        subprocess.run(["npm", "rebuild", "better-sqlite3"], cwd=folder, check=True)
        subprocess.run(works, cwd=folder, check=True)
