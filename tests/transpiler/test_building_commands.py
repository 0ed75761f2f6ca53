"""The commands of the compiler as a user types them."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Project

PROGRAM = "import requests\n\nimport helper\n\nhelper.save(requests.get('https://example.com').text)\n"
HELPER = "import os\n\n\ndef save(text):\n    os.remove(text)\n"


@pytest.fixture
def program(project: Project) -> Project:
    project.write("main.py", PROGRAM)
    project.write("helper.py", HELPER)
    return project


def test_check_formats(program: Project) -> None:
    assert "requests.get" in program.durable("check", "main.py").stdout
    for options in (["--json"], ["--format", "json"]):
        assert json.loads(program.durable("check", *options, "main.py").stdout)["program"] == "main.py"
    assert json.loads(program.durable("check", "--format", "sarif", "main.py").stdout)["version"] == "2.1.0"
    assert program.durable("check", "--format", "github", "main.py").stdout == ""
    wrong = program.durable("check", "--format", "xml", "main.py")
    assert wrong.returncode == 2
    assert "use text, json, sarif, github" in wrong.stderr


def test_explain(program: Project) -> None:
    assert "effect: read" in program.durable("explain", "main.py:5").stdout
    module = program.durable("explain", "--program", "main.py", "--json", "helper.py:5")
    assert [one["effect"] for one in json.loads(module.stdout)] == ["write"]
    assert program.durable("explain", "main.py").returncode == 2
    assert "nothing here" in program.durable("explain", "main.py:2").stdout


def test_graph(program: Project) -> None:
    assert program.durable("graph", "main.py").stdout.startswith("flowchart TD")
    assert program.durable("graph", "--format", "dot", "main.py").stdout.startswith("digraph")
    assert program.durable("graph", "--format", "svg", "main.py").stdout.startswith("<svg")


def test_diff(program: Project) -> None:
    outside = program.durable("diff", "main.py")
    assert outside.returncode == 3
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    for command in (["init", "-q"], ["add", "main.py", "helper.py"], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=program.folder, check=True)
    assert program.durable("diff", "main.py").stdout == "nothing changes against HEAD\n"
    program.write("helper.py", HELPER.replace("os.remove", "os.unlink"))
    text = program.durable("diff", "main.py").stdout
    assert "added    helper.save/os.unlink" in text
    assert "removed  helper.save/os.remove" in text
    assert program.durable("diff", "--format", "markdown", "main.py").stdout.startswith("### Durable")


RUNS = """\
import os
import time

os.mkdir("made")
time.sleep(0.01)
os.mkdir(input("name? "))
"""


def test_diff_finds_the_runs_that_an_edit_would_break(project: Project) -> None:
    project.write("main.py", RUNS)
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    for command in (["init", "-q"], ["add", "main.py"], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=project.folder, check=True)
    waiting = project.start("run", "--id", "june", "main.py")
    try:
        wait_until(lambda: '"prompt"' in project.durable("show", "--json", "june").stdout)
    finally:
        waiting.kill()
        waiting.communicate()
    project.write("main.py", RUNS + "print('done')\n")
    assert "june" not in project.durable("diff", "main.py").stdout
    bundles = sorted((project.home / "bundles").iterdir())
    project.write("main.py", RUNS.replace('os.mkdir("made")', 'os.listdir(".")'))
    text = project.durable("diff", "main.py").stdout
    assert "june  the journal goes on with" in text
    markdown = project.durable("diff", "--format", "markdown", "main.py").stdout
    assert "- `june`: the journal goes on with" in markdown
    assert sorted((project.home / "bundles").iterdir()) == bundles
    assert not (project.folder / "made" / "made").exists()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
