"""Runs that nobody watches: detached ones, and the worker that goes on with what was interrupted."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from waiting import until

SLEEPER = """\
import os
import sys
import time

os.mkdir("first")
print("begun")
time.sleep(float(sys.argv[1]))
os.mkdir("second")
print("done")
"""


def status(project: Any, run: str = "r") -> str:
    rows = json.loads(project.durable("ps", "--json").stdout or "[]")
    return next((row["status"] for row in rows if row["id"] == run), "")


@pytest.fixture
def worker(project: Any) -> Iterator[Callable[..., Any]]:
    """Start workers, which are stopped when the test is over."""
    started = []

    def start(*args: str) -> Any:
        started.append(project.start("worker", *args))
        return started[-1]

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


def killed_in_sleep(project: Any, seconds: str) -> int:
    """Leave a run interrupted in its sleep; return the number of its process."""
    project.write("p.py", SLEEPER)
    process = project.start("run", "--id", "r", "p.py", seconds)
    until(lambda: json.loads(project.durable("show", "r", "--json").stdout or "{}").get("waits"), "the sleep")
    process.kill()
    process.communicate()
    return process.pid


def driver(project: Any) -> int:
    """Return the number of the process that drives, or drove last, the run."""
    return int(json.loads((project.home / "locks" / "r.lock").read_text() or '{"pid": 0}')["pid"])


def test_a_detached_run_ends_by_itself(project: Any) -> None:
    project.write("p.py", SLEEPER)
    begun = project.durable("run", "--detach", "--id", "r", "p.py", "1")
    assert (begun.returncode, begun.stdout) == (0, "r\n")
    until(lambda: status(project) == "completed", "the end")
    assert project.durable("logs", "r").stdout == "begun\ndone\n"
    again = project.durable("run", "--detach", "--id", "r", "p.py", "1")
    assert (again.returncode, again.stdout) == (0, "r\n")
    assert project.durable("logs", "r").stdout == "begun\ndone\n"


def test_a_detached_run_is_in_no_session_of_its_starter(project: Any) -> None:
    project.write("p.py", SLEEPER)
    assert project.durable("run", "-d", "--id", "r", "p.py", "3000").stdout == "r\n"
    assert status(project) == "running"
    assert os.getsid(driver(project)) not in (os.getsid(0), 0)
    project.durable("cancel", "r")
    until(lambda: status(project) == "cancelled", "the cancellation")


def test_a_detached_program_that_is_refused(project: Any) -> None:
    project.write("p.py", "import os\nos.fork()\n")
    assert project.durable("run", "--detach", "p.py").returncode == 3


def test_a_worker_goes_on_with_what_was_interrupted(project: Any, worker: Callable[..., Any]) -> None:
    killed_in_sleep(project, "4")
    worker()
    until(lambda: status(project) == "completed", "the end")
    assert project.durable("logs", "r").stdout == "begun\ndone\n"


def test_a_long_sleeper_holds_no_process(project: Any, worker: Callable[..., Any]) -> None:
    first = killed_in_sleep(project, "3000")
    process = worker()
    until(lambda: driver(project) not in (0, first), "the resumption")
    until(lambda: status(project) == "interrupted", "the rest")
    project.durable("cancel", "r")
    until(lambda: status(project) == "cancelled", "the cancellation")
    assert process.poll() is None


def test_one_worker_serves_a_directory(project: Any, worker: Callable[..., Any]) -> None:
    worker()
    until(lambda: (project.home / "worker.lock").exists(), "the first worker")
    second = project.durable("worker")
    assert second.returncode == 1
    assert "already" in second.stderr


def test_a_stopped_worker_leaves_its_runs_interrupted(project: Any, worker: Callable[..., Any]) -> None:
    killed_in_sleep(project, "20")
    process = worker()
    until(lambda: status(project) == "running", "the resumption")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert status(project) == "interrupted"


def test_the_unit_of_systemd(project: Any) -> None:
    done = project.durable("worker", "--systemd")
    assert done.returncode == 0
    assert f"Environment=DURABLE_HOME={project.home}\n" in done.stdout
    assert "ExecStart=" in done.stdout
    assert "Restart=always" in done.stdout
