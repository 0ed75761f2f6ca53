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
