"""A small sample of `benchmarks/cluster.py`: runs of the main example while workers are killed."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "cluster.py"


def test_runs_end_with_the_plain_answer_though_workers_die(tmp_path: Path) -> None:
    size = ["--runs", "6", "--workers", "2", "--seconds", "8", "--servers", "0"]
    done = subprocess.run([sys.executable, str(SCRIPT), *size, "--keep", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 things not as they must be" in done.stdout
