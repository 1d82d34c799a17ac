"""What the checks found: one printed line per check, and the sums at the end."""

import sys


class Findings:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.passed = self.failed = self.skipped = 0

    def ok(self, what):
        self.passed += 1
        print(f"ok   {what}", file=self.out, flush=True)

    def fail(self, what, why):
        self.failed += 1
        print(f"FAIL {what}: {' '.join(str(why).split())}", file=self.out, flush=True)

    def skip(self, what, why):
        self.skipped += 1
        print(f"skip {what}: {why}", file=self.out, flush=True)

    def judge(self, what, faults):
        """One line for a check that may have several faults: the first three are named."""
        faults = list(faults)
        if not faults:
            self.ok(what)
            return
        more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
        self.fail(what, "; ".join(faults[:3]) + more)

    def end(self):
        """Prints the sums; returns the exit code."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", file=self.out, flush=True)
        return 1 if self.failed else 0
