"""The orders example on Temporal is what it is in plain Python."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from durable.runner.temporal.server import Server, ServerOptions

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
    assert done.stdout == expected.stdout
    assert len(log.read_text().splitlines()) == 2 * before
    assert (place.folder / "report.csv").read_text() == (plain / "report.csv").read_text()


def test_orders_through_the_death_of_worker_and_server(
    place: Any, world: tuple[dict[str, str], Path], tmp_path: Path, until: Callable[..., Any]
) -> None:
    """The worker that drives the run is killed, another goes on; the server is killed and started again."""
    environment, log = world
    environment = {**environment, "PAUSE": "0.2"}
    shutil.copy(EXAMPLE / "orders.py", place.folder)
    plain = place.folder / "plain"
    plain.mkdir()
    command = [sys.executable, str(EXAMPLE / "orders.py")]
    expected = subprocess.run(
        command, cwd=plain, env={**os.environ, **environment}, input="yes\nno\n", capture_output=True, text=True
    )
    before = requests_in(log)
    options = ServerOptions(tmp_path / "own" / "temporal.db", is_fast=True)
    server = Server(options)
    server.wait_until_ready()
    place.address = server.address
    workers = [place.begin("worker", "orders.py", **environment) for _ in range(2)]
    run = place.durable("deploy", "--start", "orders.py").stdout.strip()
    until(lambda: len(requests_in(log)) > len(before) + 2, "the first shipments")
    workers[0].kill()
    prompts(place, run, "yes", until)
    until(lambda: len(requests_in(log)) > len(before) + 12, "more shipments")
    server.kill()
    server = Server(ServerOptions(options.db, port=server.port, is_fast=True))
    try:
        server.wait_until_ready()
        prompts(place, run, "no", until)
        until(lambda: place.json("show", run)["status"] == "completed", "the end of the run")
        assert place.durable("logs", "--stream", "stdout", run).stdout == expected.stdout
        done = Counter(requests_in(log)) - Counter(before)
        doubtful = [step for step in place.json("show", run)["steps"] if step["attempts"] > 1]
        assert sum((done - Counter(before)).values()) <= len(doubtful)
        assert not Counter(before) - done
    finally:
        workers[1].kill()
        server.stop()


def requests_in(log: Path) -> list[str]:
    """Return the shipments and mails that reached the world."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [
        f"{line['kind']} {line.get('body') or line.get('message')}" for line in lines if line.get("method") != "GET"
    ]


def prompts(place: Any, run: str, answer: str, until: Callable[..., Any]) -> None:
    """Answer the next prompt of the run."""
    until(lambda: any(wait["kind"] == "prompt" for wait in place.json("show", run)["waits"]), "a prompt")
    assert place.durable("answer", run, answer).returncode == 0
