"""Steps that a policy sends to a task queue: a worker of that queue performs them, whatever dies meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LIBRARY = """\
import os
import time

def fit(data, rounds):
    with open("fitted", "a") as file:
        file.write(f"{os.environ.get('WORKER')} {os.environ.get('DURABLE_IDEMPOTENCY_KEY')}\\n")
    end = time.time() + float(os.environ.get("SECONDS", "0"))
    while time.time() < end:
        time.sleep(0.05)
    data["rounds"] = rounds
    print("fitted", rounds)
    return sum(data["values"]) * rounds

def broken(number):
    raise ValueError(number)

class Session:
    def __init__(self, path):
        self.file = open(path, "a")
    def write(self, text):
        self.file.write(text)
        self.file.flush()
        return os.environ.get("WORKER")

def upload(session):
    session.write("uploaded")
"""
PROGRAM = """\
import os
import model

data = {"values": [1, 2, 3]}
alias = data
print(model.fit(data, 5), alias)
try:
    model.broken(7)
except ValueError as error:
    print("caught", error.args)
session = model.Session("log")
print(session.write("x") == os.environ.get("WORKER"))
"""
POLICY = """\
[tool.durable.effects]
"model.*" = "write"
"model.Session" = "open"
[tool.durable.steps."model.*"]
queue = "gpu-NAME"
"""


@pytest.fixture
def routed(place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "model.py").write_text(LIBRARY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "library"))
    queue = f"gpu-{place.id()}"
    place.write("pyproject.toml", POLICY.replace("gpu-NAME", queue))
    return queue


def test_a_worker_of_the_queue_performs_what_is_routed_there(
    place: Any, routed: str, until: Callable[..., Any]
) -> None:
    """Both die: the worker of the queue in the middle of a step, then the process of the run."""
    script, run = place.write("p.py", PROGRAM), place.id()
    running = place.begin("run", "--id", run, script, WORKER="own")
    first = place.begin("worker", "--queue", routed, WORKER="gpu", SECONDS="60")
    until(lambda: place.lines("fitted"), "the first attempt")
    first.kill()
    running.kill()
    place.begin("worker", "--queue", routed, WORKER="gpu", SECONDS="0")
    again = place.begin("run", "--id", run, script, WORKER="own")
    stdout, stderr = again.communicate()
    expected = "fitted 5\n30 {'values': [1, 2, 3], 'rounds': 5}\ncaught (7,)\nTrue\n"
    assert (stdout, again.returncode) == (expected, 0), stderr
    assert {line.split()[0] for line in place.lines("fitted")} == {"gpu"}
    assert len({line.split()[1] for line in place.lines("fitted")}) == 1
    fit = next(step for step in place.json("show", run)["steps"] if step["callee"] == "model.fit")
    assert (fit["status"], fit["attempts"], fit["in_doubt"]) == ("completed", 2, True)


def test_a_live_object_cannot_be_sent_to_another_worker(place: Any, routed: str) -> None:
    script = place.write("p.py", "import model\n\nsession = model.Session('log')\nmodel.upload(session)\n")
    done = place.durable("run", script)
    assert done.returncode == 1
    assert "p.py:4: model.upload is sent to the queue" in done.stderr
    assert "an argument is a model.Session, which lives in the run's own process" in done.stderr


def test_only_a_cluster_has_queues(place: Any) -> None:
    assert place.durable("worker", "--queue", "gpu", "p.py").returncode == 2
