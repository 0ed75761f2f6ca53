"""An effect that slips through is stopped, learned as a step, and the run goes on (promise 9)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

VENDOR = """\
import posix

def prepare(name):
    if len(name) > 1:
        posix.mkdir(name)
    return name.upper()
"""
PROGRAM = """\
import vendor
import time

for name in ("a", "b", "cc", "d", "ee"):
    print(vendor.prepare(name), time.time() > 0)
"""
POLICY = '[tool.durable.effects]\n"vendor.prepare" = "pure"\n'


def test_a_wrong_guess_is_learned(project: Project) -> None:
    project.write("site/vendor.py", VENDOR)
    project.write("pyproject.toml", POLICY)
    project.write("p.py", PROGRAM)
    done = project.durable("run", "--id", "r", "p.py", env={"PYTHONPATH": str(project.folder / "site")})
    assert done.returncode == 0, done.stderr
    assert done.stdout == "A True\nB True\nCC True\nD True\nEE True\n"
    assert "p.py:5" in done.stderr
    assert "Traceback" not in done.stderr
    # Learned from the start of the activation in which it was caught: nothing had been recorded in it.
    steps = json.loads(project.durable("show", "--json", "r").stdout)["steps"]
    assert [step["callee"] for step in steps] == ["vendor.prepare"] * 5
    assert (project.folder / "cc").is_dir()


def test_a_learned_run_is_resumed(project: Project) -> None:
    project.write("site/vendor.py", VENDOR)
    project.write("pyproject.toml", POLICY)
    project.write("p.py", PROGRAM)
    env = {"PYTHONPATH": str(project.folder / "site")}
    killed = project.durable("run", "--id", "r", "p.py", env={**env, "DURABLE_CRASH": "4"})
    assert killed.returncode == -9
    done = project.durable("resume", "r", env=env)
    assert (done.returncode, done.stdout) == (0, "A True\nB True\nCC True\nD True\nEE True\n"), done.stderr


def test_what_was_shown_before_is_not_shown_again(project: Project) -> None:
    project.write("site/vendor.py", VENDOR)
    project.write("pyproject.toml", POLICY)
    project.write("p.py", "import os\nimport vendor\n\nprint('before')\nos.mkdir('x')\nprint(vendor.prepare('cc'))\n")
    done = project.durable("run", "p.py", env={"PYTHONPATH": str(project.folder / "site")})
    assert (done.returncode, done.stdout) == (0, "before\nCC\n"), done.stderr


BESIDE = """\
import subprocess
import threading
import vendor

def slow():
    subprocess.run("sleep 0.6; echo once >> done.txt", shell=True)
    print("slow")

thread = threading.Thread(target=slow)
thread.start()
subprocess.run("sleep 0.2", shell=True)
print(vendor.prepare("cc"))
thread.join()
"""


def test_steps_in_flight_are_not_done_again(project: Project) -> None:
    project.write("site/vendor.py", VENDOR)
    project.write("pyproject.toml", POLICY)
    project.write("p.py", BESIDE)
    done = project.durable("run", "--id", "r", "p.py", env={"PYTHONPATH": str(project.folder / "site")})
    assert (done.returncode, sorted(done.stdout.split())) == (0, ["CC", "slow"]), done.stderr
    assert (project.folder / "done.txt").read_text() == "once\n"
    assert project.durable("logs", "r").stdout == done.stdout


LAZY = """\
import io
import os

_table = None

def prepare(name):
    global _table
    if _table is None:
        with io.FileIO(os.path.join(os.path.dirname(__file__), "table.txt")) as file:
            _table = file.read().decode()
    return _table.strip() + name
"""
LAZY_PROGRAM = """\
import os
import vendor

os.mkdir("a")
print(vendor.prepare("x"))
os.mkdir("b")
print(vendor.prepare("y"))
os.mkdir("c")
"""


def test_a_library_may_look_up_again_what_it_keeps_per_process(project: Project) -> None:
    project.write("site/vendor.py", LAZY)
    project.write("site/table.txt", "row ")
    project.write("pyproject.toml", POLICY)
    project.write("p.py", LAZY_PROGRAM)
    env = {"PYTHONPATH": str(project.folder / "site")}
    killed = project.durable("run", "--id", "r", "p.py", env={**env, "DURABLE_CRASH": "11"})
    assert killed.returncode == -9
    done = project.durable("resume", "r", env=env)
    assert (done.returncode, done.stdout) == (0, "rowx\nrowy\n"), done.stderr
