"""Fifty threads whose steps take random times: does every replay give the same run?

    python benchmarks/determinism.py              # one run, 200 replays
    python benchmarks/determinism.py --replays 20 --threads 100

One durable run is recorded; each replay of it then starts with another PYTHONHASHSEED, and every second one while all
cores are busy with something else. A replay is the same if each request is answered as it was and the output, which
names every step in the order of its end, is the same byte for byte. Exit code 1 if one is not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path(__file__).parent / "programs" / "strands.py"


def main() -> int:
    """Run, replay, count; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--replays", type=int, default=200)
    options.add_argument("--threads", type=int, default=50)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = {"DURABLE_HOME": str(Path(folder) / "home")}
        durable(folder, home, "run", "--id", "recorded", str(PROGRAM), str(given.threads)).check_returncode()
        same = 0
        for number in range(given.replays):
            seed = {"PYTHONHASHSEED": str(random.randrange(2**32))}
            with load() if number % 2 else quiet():
                done = durable(folder, home | seed, "replay", "--json", "recorded")
            is_same = done.returncode == 0 and json.loads(done.stdout)["same"]
            same += is_same
            if not is_same:
                print(f"replay {number} ({seed}): {done.stdout}{done.stderr}", file=sys.stderr)
    print(f"{3 * given.threads} steps of {given.threads} threads: {same} of {given.replays} replays are the same")
    return int(same != given.replays)


def durable(folder: str, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "durable", *arguments]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    return subprocess.run(command, cwd=folder, env=kept | env, capture_output=True, text=True, check=False)


@contextmanager
def quiet() -> Iterator[None]:
    yield


@contextmanager
def load() -> Iterator[None]:
    """Keep every core busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
