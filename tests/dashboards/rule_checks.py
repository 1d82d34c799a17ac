"""promtool's judgement on rules, alerts and their unit tests."""

import shutil
import subprocess


def check_all(findings, folder):
    if not shutil.which("promtool"):
        findings.skip("promtool check rules", "promtool is not installed (package prometheus)")
        findings.skip("promtool test rules", "promtool is not installed (package prometheus)")
        return
    run(findings, folder, "check", "rules", "rules.yml", "alerts.yml")
    run(findings, folder, "test", "rules", "alerts_test.yml")


def run(findings, folder, *arguments):
    what = "promtool " + " ".join(arguments)
    done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        findings.fail(what, done.stdout + done.stderr)
    else:
        findings.ok(what)
