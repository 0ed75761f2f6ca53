"""Versions of a deployed program: which code a run has, the way back, and moving runs to an edited program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.temporal.conftest import Place  # type: ignore[import-not-found]

ONE = """\
import os

os.mkdir("made-" + input("name? "))
print("one", input("done? "))
"""
TWO = ONE.replace('"one"', '"two"')
OTHER = ONE.replace("os.mkdir(", "os.rmdir(")
Until = Callable[[Callable[[], Any], str], Any]


@pytest.fixture(name="script")
def script_fixture(place: Place) -> str:
    """A program's name that no other test deploys on the same server."""
    return f"asks_{place.id()[2:]}.py"


@pytest.fixture(name="began")
def began_fixture(place: Place, script: str, until: Until) -> Callable[[], str]:
    """Starts a run of version one, which has made its directory and waits at its second prompt."""

    def begin() -> str:
        place.write(script, ONE)
        run = str(place.id())
        started = place.durable("deploy", "--start", "--id", run, script)
        assert started.stdout.strip() == run, started.stderr
        worker = place.begin("worker", script)
        until(lambda: place.json("show", run)["waits"], "the first prompt")
        assert place.durable("answer", run, run).returncode == 0
        until(lambda: [wait for wait in place.json("show", run)["waits"] if "done" in wait["prompt"]], "the second")
        worker.terminate()
        worker.communicate()
        return run

    return begin


def ended(place: Place, until: Until, run: str) -> str:
    """Answer the open prompt of a run that a worker serves; return what it printed."""
    until(lambda: place.json("show", run)["waits"], "the prompt")
    assert place.durable("answer", run, "x").returncode == 0
    until(lambda: place.json("show", run)["status"] == "completed", "the end")
    return str(place.durable("logs", run).stdout)


def versions(place: Place, script: str) -> list[tuple[str, int]]:
    return [(row["status"], row["open_runs"]) for row in place.json("deploy", "--status", script)]


def test_new_runs_have_the_current_version_and_there_is_a_way_back(
    place: Place, script: str, until: Until, began: Callable[[], str]
) -> None:
    old = began()
    place.write(script, TWO)
    assert place.durable("deploy", script).returncode == 0
    place.write(script, TWO + "# edited again\n")
    assert versions(place, script) == [("current", 0), ("draining", 1)]
    back = place.durable("deploy", "--rollback", script)
    assert back.returncode == 0, back.stderr
    assert "is current again" in back.stderr
    assert versions(place, script)[1] == ("current", 1)
    place.begin("worker", script)
    assert ended(place, until, old).endswith("one x\n")
    table = place.durable("deploy", "--status", script).stdout.splitlines()
    assert table[0].split() == ["VERSION", "STATUS", "RUNS", "CREATED", "CODE"]
    assert len(table) == 4
    assert {line.split()[1] for line in table[1:]} <= {"current", "draining", "drained", "inactive"}


def test_a_run_goes_on_with_an_edited_program_that_fits(
    place: Place, script: str, until: Until, began: Callable[[], str]
) -> None:
    run = began()
    place.write(script, TWO)
    moved = place.durable("upgrade", run)
    assert moved.returncode == 0, moved.stderr
    assert f"run {run} goes on with version" in moved.stderr
    again = place.durable("upgrade", run)
    assert (again.returncode, "has this code already" in again.stderr) == (2, True)
    place.begin("worker", script)
    assert ended(place, until, run) == "name? done? two x\n"
    assert (place.folder / f"made-{run}").is_dir()


def test_a_run_whose_history_does_not_fit_stays_with_its_code(
    place: Place, script: str, until: Until, began: Callable[[], str]
) -> None:
    run = began()
    place.write(script, OTHER)
    refused = place.durable("upgrade", "--all", script)
    assert refused.returncode == 5
    assert f"recorded: os.mkdir at {script}:3" in refused.stderr
    assert f"now: os.rmdir at {script}:3" in refused.stderr
    assert "> 3 | os.mkdir(" in refused.stderr
    assert "no run was moved" in refused.stderr
    place.begin("worker", script)
    assert ended(place, until, run).endswith("one x\n")


def test_a_version_gets_a_share_of_the_new_runs(place: Place, script: str) -> None:
    place.write(script, ONE)
    assert place.durable("deploy", script).returncode == 0
    place.write(script, TWO)
    ramped = place.durable("deploy", "--ramp", "20", script)
    assert "gets 20 % of the new runs" in ramped.stderr, ramped.stderr
    shares = [(row["status"], row["percentage"]) for row in place.json("deploy", "--status", script)]
    assert shares[:2] == [("ramping", 20.0), ("current", None)]
    assert place.durable("deploy", "--ramp", "101", script).returncode == 2


def test_what_cannot_be_asked_is_said(place: Place) -> None:
    place.write("never.py", "print(1)\n")
    unknown = place.durable("deploy", "--status", "never.py")
    assert (unknown.returncode, "was not deployed" in unknown.stderr) == (2, True)
    assert "name a run, or a program with --all" in place.durable("upgrade").stderr
    assert "there is no run nobody" in place.durable("upgrade", "nobody").stderr
