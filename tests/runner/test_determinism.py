"""Threads whose steps take random times: every replay is the same, whatever the hash seed and the load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_a_sample_of_the_long_run() -> None:
    command = [sys.executable, str(BENCHMARKS / "determinism.py"), "--replays", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "150 steps of 50 threads: 4 of 4 replays are the same\n"
