"""rm, export, replay, doctor, completion."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from durable.runner.journal.home import Home
from durable.runner.journal.store import Journal

PROGRAM = """\
import os
import random
import sys

os.mkdir(sys.argv[1])
print("made", sys.argv[1], random.random())
print("warned", file=sys.stderr)
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def runs(project: Any) -> Any:
    """A project with a run that has completed and one that was killed."""
    project.write("p.py", PROGRAM)
    project.durable("run", "--id", "done", "p.py", "a", "3")
    assert project.durable("run", "--id", "killed", "p.py", "b", "0", env={"DURABLE_CRASH": "2"}).returncode < 0
    return project


def ids(project: Any) -> set[str]:
    return {row["id"] for row in json.loads(project.durable("ps", "--json").stdout)}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("journal.db*"))}


def test_remove_by_name(runs: Any) -> None:
    assert len(list((runs.home / "bundles").iterdir())) == 1
    refused = runs.durable("rm", "killed")
    assert (refused.returncode, ids(runs)) == (2, {"done", "killed"})
    assert runs.durable("rm", "done").stdout == "done\n"
    assert ids(runs) == {"killed"}
    assert runs.durable("rm", "--force", "killed").returncode == 0
    assert ids(runs) == set()
    assert list((runs.home / "bundles").iterdir()) == []
    assert runs.durable("rm", "done").returncode == 4


def test_remove_what_has_ended(runs: Any) -> None:
    assert runs.durable("rm").returncode == 2
    assert runs.durable("rm", "--older-than", "soon").returncode == 2
    assert runs.durable("rm", "--older-than", "30d").stdout == ""
    assert runs.durable("rm", "--finished", "--dry-run").stdout == "done\n"
    assert ids(runs) == {"done", "killed"}
    assert runs.durable("rm", "--finished").stdout == "done\n"
    assert ids(runs) == {"killed"}
    assert runs.durable("resume", "killed").returncode == 0


def test_a_removed_id_can_be_given_again(runs: Any) -> None:
    runs.durable("rm", "done")
    again = runs.durable("run", "--id", "done", "p.py", "c", "0")
    assert (again.returncode, again.stdout.split()[:2]) == (0, ["made", "c"])


def test_export(runs: Any) -> None:
    lines = [json.loads(line) for line in runs.durable("export", "done").stdout.splitlines()]
    assert (lines[0]["type"], lines[0]["status"], lines[0]["exit_code"]) == ("run", "completed", 3)
    steps = [line for line in lines if line["type"] == "entry" and line["kind"] == "returned"]
    assert (steps[0]["name"], steps[0]["line"], steps[0]["effect"]) == ("os.mkdir", 5, "write")
    output = [line for line in lines if line["type"] == "output"]
    assert "".join(line["text"] for line in output if line["stream"] == "stderr") == "warned\n"


def test_replay_gives_the_same_and_touches_nothing(runs: Any) -> None:
    (runs.folder / "a").rmdir()
    before = bytes_of(runs.home)
    done = runs.durable("replay", "done")
    assert (done.returncode, done.stdout) == (0, "done: 1 steps replayed, the same\n"), done.stderr
    assert not (runs.folder / "a").exists()
    assert json.loads(runs.durable("replay", "killed", "--json").stdout)["same"] is True
    assert bytes_of(runs.home) == before


def test_replay_finds_a_difference(runs: Any) -> None:
    journal = Journal(Home(runs.home))
    row = journal.get("done")
    for n, fd, data in journal.output(row.n):
        journal.begin()
        journal.add_output(row.n, n, fd, data.replace(b"warned", b"warmed"))
    journal.commit(sync=True)
    journal.close()
    found = runs.durable("replay", "done", "--json")
    assert found.returncode == 1
    (difference,) = json.loads(found.stdout)["differences"]
    assert "stderr differs: line 1" in difference


def test_doctor(runs: Any) -> None:
    before = bytes_of(runs.home)
    done = runs.durable("doctor", "--json")
    found = {item["name"]: item for item in json.loads(done.stdout)}
    assert done.returncode == 0
    assert found["python"]["status"] == "ok"
    assert "2 runs" in found["journal"]["text"]
    assert found["run killed"]["advice"].startswith("durable resume killed")
    assert bytes_of(runs.home) == before
    assert "journal: " in runs.durable("doctor").stdout


def test_doctor_finds_a_damaged_entry(runs: Any) -> None:
    with sqlite3.connect(runs.home / "journal.db") as db:
        db.execute("UPDATE entries SET payload = '1' WHERE idx = 0")
    db.close()
    done = runs.durable("doctor")
    assert done.returncode == 1
    assert "broken   run done" in done.stdout


def test_doctor_of_a_server_that_is_away(project: Any) -> None:
    done = project.durable("doctor", "--address", "127.0.0.1:9")
    assert done.returncode == 1
    assert "broken   server: 127.0.0.1:9" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, project: Any) -> None:
    assert "_DURABLE_COMPLETE" in project.durable("completion", shell).stdout


def test_runs_are_completed(runs: Any) -> None:
    env = {"_DURABLE_COMPLETE": "complete_bash", "COMP_WORDS": "durable show d", "COMP_CWORD": "2"}
    assert runs.durable(env=env).stdout.strip() == "done"


@pytest.mark.parametrize("command", ["rm", "export", "replay", "doctor", "inspect", "worker", "completion"])
def test_help_has_an_example(command: str, project: Any) -> None:
    done = project.durable(command, "--help")
    assert done.returncode == 0
    assert f"durable {command}" in done.stdout.partition("Example")[2]
