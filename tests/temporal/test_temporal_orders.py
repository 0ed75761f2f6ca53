"""The orders example on Temporal is what it is in plain Python."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "orders"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """The environment for orders.py, and the log of what it asks of its world."""
    log = tmp_path / "world.log"
    command = [sys.executable, str(EXAMPLE / "world.py"), "--http-port", "0", "--smtp-port", "0"]
    with subprocess.Popen(
        [*command, "--log", str(log), "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield dict(pair.split("=", 1) for pair in line.split()), log
        assert process.stdin is not None
        process.stdin.close()


def test_orders(place: Any, world: tuple[dict[str, str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    environment, log = world
    for name, value in {**environment, "PAUSE": "0"}.items():
        monkeypatch.setenv(name, value)
    shutil.copy(EXAMPLE / "orders.py", place.folder)
    plain = place.folder / "plain"
    plain.mkdir()
    expected = subprocess.run(
        [sys.executable, str(EXAMPLE / "orders.py")],
        cwd=plain,
        env=dict(os.environ),
        input="yes\nno\n",
        capture_output=True,
        text=True,
    )
    before = len(log.read_text().splitlines())
    done = place.durable("run", "orders.py", typed="yes\nno\n")
    own = [line for line in done.stderr.splitlines() if not line.startswith("durable: run ")]
    assert (done.returncode, own) == (expected.returncode, [])
    assert len(done.stdout.splitlines()) == len(expected.stdout.splitlines())
    assert done.stdout.splitlines()[-4:] == expected.stdout.splitlines()[-4:]
    assert len(log.read_text().splitlines()) == 2 * before
    assert (place.folder / "report.csv").read_text().count("\n") == (plain / "report.csv").read_text().count("\n")
