"""`durable inspect` as a user meets it: interrupted, live and failed runs, values, expressions."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """\
import os, threading, time
from pathlib import Path

class Touchy:
    def __repr__(self):
        Path("touched").write_text("x")
        return "Touchy()"

class Broken:
    def __repr__(self):
        raise ValueError("no")

def save(name, text):
    return Path(name).write_text(
        text,
    )

def main():
    header = "Bearer " + os.environ["API_TOKEN"]
    password = "hunter2"
    touchy, broken, big = Touchy(), Broken(), list(range(10_000))
    names = sorted(["b", "a"], key=lambda name: save(name, name * 3))
    lock = threading.Lock()
    def hold():
        with lock:
            time.sleep(3000)
    thread = threading.Thread(target=hold)
    thread.start()
    with lock:
        print("never")

main()
"""
ENV = {"API_TOKEN": "0123456789abcdef"}


@pytest.fixture(scope="module")
def waiting(shared_project: Any) -> Any:
    """A run that waits, left alone by its process."""
    project = shared_project
    project.write("p.py", PROGRAM)
    process = project.start("run", "--id", "r", "p.py", env=ENV)
    wait_for(project, lambda shown: shown["waits"])
    process.kill()
    process.communicate()
    return project


def wait_for(project: Any, condition: Callable[[dict[str, Any]], object]) -> None:
    deadline = time.monotonic() + 60
    shown = None
    while time.monotonic() < deadline:
        shown = project.durable("show", "r", "--json")
        if shown.returncode == 0 and condition(json.loads(shown.stdout)):
            return
        time.sleep(0.1)
    raise AssertionError(f"the run never came to that: {shown}")


def picture(project: Any, *args: str) -> dict[str, Any]:
    done = project.durable("inspect", "r", "--json", *args, env=ENV)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("journal.db*"))}


def test_an_interrupted_run(waiting: Any) -> None:
    before = bytes_of(waiting.home)
    main, thread = picture(waiting)["strands"]
    assert bytes_of(waiting.home) == before
    assert [main["name"], thread["name"]] == ["MainThread", "Thread-1 (hold)"]
    assert main["waiting_on"] == "a lock that 'Thread-1 (hold)' holds"
    assert [(frame["function"], frame["line"]) for frame in main["frames"]] == [("<module>", 32), ("main", 29)]
    assert thread["waiting_on"].startswith("timer until ")
    assert thread["locks"] == ["lock"]
    assert thread["frames"][-1]["line"] == 26
    assert thread["frames"][-1]["file"] == str(waiting.folder / "p.py")


def test_values(waiting: Any) -> None:
    values = picture(waiting)["strands"][0]["frames"][-1]["locals"]
    assert values["header"] == "'Bearer <API_TOKEN>'"
    assert values["password"] == "'<secret>'"
    assert values["touchy"] == "<Touchy: its repr raised Stopped>"
    assert values["broken"] == "<Broken: its repr raised ValueError>"
    assert len(values["big"]) < 200
    assert values["names"] == "['b', 'a']"
    assert not (waiting.folder / "touched").exists()


def test_an_earlier_moment(waiting: Any) -> None:
    main = picture(waiting, "--at", "0")["strands"][0]
    assert main["waiting_on"] == "step pathlib.Path.write_text (seq 0)"
    assert [frame["line"] for frame in main["frames"]] == [32, 22, 22, 14]
    assert main["frames"][-1]["locals"] == {"name": "'b'", "text": "'bbb'"}
    done = waiting.durable("inspect", "r", "--at", "99", env=ENV)
    assert done.returncode == 2
    assert "has not come to step 99" in done.stderr


@pytest.mark.parametrize(
    ("expression", "value"),
    [("sum(big)", "49995000"), ("[name.upper() for name in names]", "['B', 'A']"), ("header", "'Bearer <API_TOKEN>'")],
)
def test_an_expression(expression: str, value: str, waiting: Any) -> None:
    done = waiting.durable("inspect", "r", expression, env=ENV)
    assert (done.stdout, done.stderr) == (f"{value}\n", "")


@pytest.mark.parametrize(
    "expression",
    [
        "open('x', 'w')",
        "save('x', 'y')",
        "Path('x').read_text()",
        "os.listdir('.')",
        "time.time()",
        "time.sleep(1)",
        "os.system('touch x')",
        "repr(touchy)",
        "__import__('subprocess').run(['touch', 'x'])",
        "(lambda f: f('x', 'w'))(open)",
    ],
)
def test_an_expression_that_would_touch_the_world(expression: str, waiting: Any) -> None:
    done = waiting.durable("inspect", "r", expression, env=ENV)
    assert done.returncode == 2
    assert "touches the world" in done.stderr
    assert not (waiting.folder / "x").exists()
    assert not (waiting.folder / "touched").exists()


def test_the_frame_of_an_expression(waiting: Any) -> None:
    asked = waiting.durable("inspect", "r", "--strand", "Thread-1 (hold)", "lock.locked()", env=ENV)
    assert asked.stdout == "True\n"
    further = waiting.durable("inspect", "r", "--at", "0", "--up", "2", "len(big)", env=ENV)
    assert further.stdout == "10000\n"
    wrong = waiting.durable("inspect", "r", "no_such_name", env=ENV)
    assert wrong.returncode == 2
    assert "NameError" in wrong.stderr


def test_a_live_run_with_its_own_environment(project: Any) -> None:
    project.write("p.py", PROGRAM)
    process = project.start("run", "--id", "r", "p.py", env=ENV)
    wait_for(project, lambda shown: shown["waits"])
    done = project.durable("inspect", "r")
    text = done.stdout
    assert "MainThread waits for a lock that 'Thread-1 (hold)' holds" in text, done.stderr
    assert '  File "p.py", line 29, in main\n    with lock:\n' in text
    assert ENV["API_TOKEN"] not in text
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    process.communicate()


def test_a_failed_run_shows_where_it_failed(project: Any) -> None:
    project.write("p.py", "def f(x):\n    y = x + 1\n    return y / 0\n\nopen('a', 'w').close()\nf(4)\n")
    project.durable("run", "--id", "r", "p.py")
    (main,) = picture(project)["strands"]
    assert main["waiting_on"].startswith("nothing: it ended with ZeroDivisionError(")
    assert [(frame["line"], frame["locals"]) for frame in main["frames"]] == [(6, {}), (3, {"x": "4", "y": "5"})]


def test_a_run_that_computes(project: Any) -> None:
    project.write("p.py", "import os\nos.mkdir('a')\ncount = 0\nwhile True:\n    count += 1\n")
    process = project.start("run", "--id", "r", "p.py")
    wait_for(project, lambda shown: [step["status"] for step in shown["steps"]] == ["completed"])
    (main,) = picture(project)["strands"]
    assert main["waiting_on"] == "nothing: it computes"
    assert main["frames"][-1]["line"] in (4, 5)
    assert int(main["frames"][-1]["locals"]["count"]) > 0
    process.kill()
    process.communicate()


def test_an_unknown_run(project: Any) -> None:
    project.write("p.py", "print(1)\n")
    project.durable("run", "--id", "r", "p.py")
    assert project.durable("inspect", "other").returncode == 4


def test_a_live_run_in_a_slow_read(project: Any) -> None:
    os.mkfifo(project.folder / "slow")
    project.write("fast", "x")
    project.write(
        "p.py", "from pathlib import Path\n\nfor name in ['fast', 'fast', 'slow']:\n    Path(name).read_text()\n"
    )
    process = project.start("run", "--id", "r", "p.py")
    wait_for(project, lambda shown: len(shown["steps"]) == 2)
    (main,) = picture(project)["strands"]
    assert main["waiting_on"] == "step pathlib.Path.read_text (seq 2)"
    assert main["frames"][-1]["locals"]["name"] == "'slow'"
    process.kill()
    process.communicate()
