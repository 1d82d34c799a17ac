"""Compares what marathon-tally believes with what marathon-sim knows to be so."""

import json

from support import wait_until

# Marathon shows instances of apps by their tasks alone: TASK_STAGING also before Mesos has said anything, and one kind of
# TASK_UNREACHABLE. -> what else may be believed where that is the truth
AS_A_TASK_TELLS = {"Staging": ("Created", "Provisioned"), "UnreachableInactive": ("Unreachable",)}


def quiet(daemon, sim, seconds=60):
    """Nothing new is said, and all that was said is in the history. -> the simulator's truth"""
    sim.get("/sim/pause", method="POST")
    sim.get("/sim/settle", method="POST")

    def caught_up():
        before = sim.json("/sim/truth")
        ready = daemon.get("/-/ready")
        return (ready[0] == 200 and not json.loads(ready[2])["reasons"] and daemon.value("marathon_tally_journal_bytes") == 0
                and sim.json("/sim/sent")["held"] == 0 and before["sent"] == sim.json("/sim/truth")["sent"] and before)

    return wait_until(caught_up, seconds)


def differences(case, truth, database=None, source=None):
    """-> lines: what the current set of tasks, instances and deployments has and the truth has not, and the reverse"""
    found = []
    of = f" AND source = '{source}'" if source else ""

    def compare(what, expected, got):
        for key in sorted({*expected, *got}):
            if got.get(key) not in expected.get(key, (None,)):
                found.append(f"{what} {key}: {got.get(key)}, in truth {expected.get(key)}")

    # A task that was launched and has no status yet is told by snapshots only.
    tasks = {task["id"]: {task["state"], task["shown"], *([None] if task["state"] != task["shown"] else [])}
             for task in truth["tasks"]}
    compare("task", tasks, dict(case.rows(f"SELECT task, state FROM v_tasks WHERE ended IS NULL{of}", database)))
    # Pods' instances and those without a task are known from events only; what Marathon does not show proves nothing.
    pods = {app["id"] for app in truth["apps"] if app["pod"]}
    with_task = {task["id"] for task in truth["tasks"]}
    got = dict(case.rows(f"SELECT instance, condition FROM v_instances WHERE ended IS NULL{of}", database))
    for instance in truth["instances"]:
        condition = got.get(instance["id"])
        has_task = any(task.startswith(instance["id"]) or instance["id"].replace(".marathon-", ".") == task for task in with_task)
        if instance["app"] in pods or not has_task or instance["condition"] in ("Created", "Provisioned"):
            continue
        if condition not in (instance["condition"], *AS_A_TASK_TELLS.get(instance["condition"], ())):
            found.append(f"instance {instance['id']}: {condition}, in truth {instance['condition']}")
    deployments = {one["id"]: {"running"} for one in truth["deployments"]}
    compare("deployment", deployments,
            dict(case.rows(f"SELECT deployment_id, outcome FROM v_deployments WHERE outcome = 'running'{of}", database)))
    return found
