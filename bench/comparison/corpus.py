"""The events that all get: by marathon-sim generate, from its seed, near the mix of a busy cluster."""

import subprocess

# 1.5 with both forms of plans: the mean and the longest line of an archive that readers of both have filled.
SHAPE = ["--dialect", "1.5", "--plan", "mixed", "--apps", 2000, "--tasks", 20000, "--agents", 500, "--rate", 100,
         "--start", 1504780000000, "--duplicates", 0.002, "--reorder", 0.005, "--seed", 1]
PROOF_BYTES = 1 << 20


def command(build, *more):
    return [str(part) for part in (build / "marathon-sim", "generate", *SHAPE, *more)]


def make(build, size):
    """-> the file, made now or by an earlier run with the same parameters and a generator that says the same"""
    folder = build / "bench" / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ("_".join(str(part).lstrip("-") for part in SHAPE) + f"_{size}.ndjson")
    proof = subprocess.run(command(build, "--out", "-", "--bytes", min(size, PROOF_BYTES)), check=True,
                           capture_output=True).stdout
    if not (file.exists() and file.open("rb").read(len(proof)) == proof):
        part = file.with_suffix(".part")
        subprocess.run(command(build, "--out", part, "--bytes", size), check=True, capture_output=True)
        part.rename(file)
    with file.open("rb") as warm:  # nobody pays for the disk
        while warm.read(1 << 22):
            pass
    return file


class Stream:
    """The same life without end, in files of about `size` bytes: a cluster whose history grows."""

    def __init__(self, build, folder, size):
        self.file = folder / "part.ndjson"
        self.size = size
        self.process = subprocess.Popen(command(build, "--out", "-", "--bytes", 1 << 50), stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def next(self):
        """-> the file, with what came next"""
        left = self.size
        with self.file.open("wb") as out:
            while left > 0 and (block := self.process.stdout.read(min(left, 1 << 20))):
                left -= out.write(block)
            out.write(self.process.stdout.readline())
        return self.file

    def close(self):
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()
