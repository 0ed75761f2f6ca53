"""The main example is killed at random instants and resumed; nothing recorded happens twice, nothing is lost."""

from __future__ import annotations

import collections
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ORDERS = Path(__file__).resolve().parents[2] / "examples" / "orders"
ANSWERS = b"yes\nno\n"


@contextmanager
def world(folder: Path) -> Iterator[dict[str, str]]:
    """The API and the mail server of the example; yields the program's environment."""
    process = subprocess.Popen(
        [sys.executable, str(ORDERS / "world.py"), "--http-port", "0", "--smtp-port", "0", "--log", "world.log"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        settings = dict(pair.split("=", 1) for pair in process.stdout.readline().split())
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
        yield {**kept, **settings, "PAUSE": "0.05", "DURABLE_HOME": str(folder / "state")}
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def requests_in(folder: Path) -> list[str]:
    """Return the shipments and mails that reached the world, one text each, in order."""
    lines = [json.loads(line) for line in (folder / "world.log").read_text().splitlines()]
    return [json.dumps(line, sort_keys=True) for line in lines if line.get("method") != "GET"]


def call(folder: Path, env: dict[str, str], *command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, input=ANSWERS, capture_output=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str, collections.Counter[str]]:
    """Output, report and requests of the plain run."""
    folder = tmp_path_factory.mktemp("plain")
    with world(folder) as env:
        done = call(folder, env, str(ORDERS / "orders.py"))
    assert done.returncode == 0, done.stderr
    return done.stdout, (folder / "report.csv").read_text(), collections.Counter(map(what, requests_in(folder)))


def what(request: str) -> str:
    """Return a logged request without what differs between two attempts (times, keys)."""
    line = json.loads(request)
    return json.dumps(
        {key: line.get(key) for key in ("kind", "method", "path", "body", "to", "mail_from")}, sort_keys=True
    )


@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_random_instant(
    tmp_path: Path, plain: tuple[bytes, str, collections.Counter[str]], seed: int
) -> None:
    with world(tmp_path) as env:
        program = str(ORDERS / "orders.py")
        process = subprocess.Popen(
            [sys.executable, "-m", "durable", "run", "--id", "r", program],
            cwd=tmp_path,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(ANSWERS)
        process.stdin.close()
        process.stdin = None
        time.sleep(random.Random(seed).uniform(0.3, 2.2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        known = call(tmp_path, env, "-m", "durable", "show", "r").returncode == 0
        done = (
            call(tmp_path, env, "-m", "durable", "resume", "r")
            if known
            else call(tmp_path, env, "-m", "durable", "run", "--id", "r", program)
        )
        logs = call(tmp_path, env, "-m", "durable", "logs", "r")
        shown = json.loads(call(tmp_path, env, "-m", "durable", "show", "--json", "r").stdout)
    assert done.returncode == 0, done.stderr.decode()
    assert logs.stdout == plain[0]
    assert done.stdout == plain[0]
    assert (tmp_path / "report.csv").read_text() == plain[1]
    again = collections.Counter(map(what, requests_in(tmp_path))) - plain[2]
    doubtful = [step for step in shown["steps"] if step["in_doubt"]]
    assert not plain[2] - collections.Counter(map(what, requests_in(tmp_path)))
    assert sum(again.values()) <= len(doubtful)
