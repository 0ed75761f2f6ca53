"""Programs of every kind give the same answer plain, durable, and killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from corpus import FOLDER, Program, corpus

ROOT = Path(__file__).resolve().parents[2]
KILLS = os.environ.get("VERIFY_KILLS", "1")
"""Kill points tried for each program; VERIFY_KILLS=0 tries all."""


def verified(folder: Path, *args: str, env: dict[str, str] | None = None) -> dict[str, object]:
    """Run `durable verify` and return its report."""
    done = subprocess.run(
        [sys.executable, "-m", "durable", "verify", "--json", *args],
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    assert report["differences"] == [], done.stderr
    assert done.returncode == 0
    return report


@pytest.mark.parametrize("program", corpus(), ids=lambda program: program.name)
def test_program(program: Program) -> None:
    report = verified(FOLDER, "--kills", KILLS, *program.command)
    assert report["same"] is True
    assert int(str(report["kills"])) > 0


@pytest.mark.parametrize("name", ["backup.py", "fetch_all.py", "approval.py"])
def test_small_example(name: str) -> None:
    verified(ROOT / "examples", "--kills", KILLS, name)


def test_main_example() -> None:
    report = verified(ROOT / "examples", "--kills", "12", "orders/orders.py")
    assert int(str(report["events"])) > 100


def test_a_difference_is_found(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("import os\nprint(os.getpid())\n")
    done = subprocess.run(
        [sys.executable, "-m", "durable", "verify", "--json", "p.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["same"] is False
    assert "stdout differs" in report["differences"][0]
