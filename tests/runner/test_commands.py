"""The command line as a user meets it: which runs a command means, what a mistake is told, what is printed once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from durable.runner.cli.app import COMMANDS, app, load_commands
from durable.runner.journal.home import home_of_script


def durable(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key != "DURABLE_HOME"}
    env["XDG_STATE_HOME"] = str(folder.parent / "state")
    command = [sys.executable, "-m", "durable", *args]
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def test_resume_leaves_the_runs_of_other_projects_alone(project: Path) -> None:
    other = project.parent / "other"
    other.mkdir()
    (other / "p.py").write_text("import os, signal\nopen('a', 'w').close()\nos.kill(os.getppid(), 0)\n")
    (project / "p.py").write_text("print('here')\n")
    durable(project, "run", "p.py")
    done = subprocess.run(
        [sys.executable, "-m", "durable", "run", "p.py"],
        cwd=other,
        env={**os.environ, "XDG_STATE_HOME": str(project.parent / "state"), "DURABLE_CRASH": "2"},
        capture_output=True,
        check=False,
    )
    assert done.returncode < 0
    resumed = durable(project, "resume")
    assert resumed.returncode == 4
    assert "no unfinished run here" in resumed.stderr


def test_an_unknown_engine_is_wrong_usage(project: Path) -> None:
    (project / "p.py").write_text("print('here')\n")
    done = durable(project, "run", "--engine", "foo", "p.py")
    assert done.returncode == 2
    assert done.stderr == "durable: there is no engine 'foo': it is local or temporal\n"


def test_the_home_of_a_script_named_from_elsewhere(project: Path) -> None:
    (project / "sub").mkdir()
    assert home_of_script(project / "sub" / ".." / "p.py") == home_of_script(project / "p.py")


def test_every_command_is_found_in_its_file() -> None:
    load_commands()
    callbacks = [command.callback for command in app.registered_commands]
    found = {callback.__name__: callback.__module__.rpartition(".")[2] for callback in callbacks if callback}
    assert found == {name: file for file, names in COMMANDS.items() for name in names.split()}


@pytest.mark.parametrize("command", " ".join(COMMANDS.values()).split())
def test_every_command_shows_examples_a_line_each(command: str) -> None:
    load_commands()
    text = CliRunner().invoke(app, [command, "--help"]).output
    examples = [line for line in text.splitlines() if "Example" in line]
    assert examples
    assert all(line.count("durable ") == 1 for line in examples), examples


def test_the_manual_is_up_to_date() -> None:
    script = Path(__file__).resolve().parents[2] / "scripts" / "commands"
    assert subprocess.run([sys.executable, str(script), "--check"], check=False).returncode == 0, "run scripts/commands"
