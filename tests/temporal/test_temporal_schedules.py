"""Runs that the cluster starts by the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.temporal.conftest import Place  # type: ignore[import-not-found]

ASKS = """\
import os
import sys

os.mkdir("-".join(["made", *sys.argv[1:]]))
print("hello", sys.argv[1:], input("? "))
os.rmdir("nowhere")
"""
Until = Callable[[Callable[[], Any], str], Any]


def test_a_schedule_starts_runs_and_is_listed_and_removed(place: Place, until: Until) -> None:
    id = place.id()
    script = place.write(f"asks_{id[2:]}.py", ASKS)
    made = place.durable("schedule", "--id", id, "--now", "0 6 * * *", script, "--month", "6")
    assert made.stdout == f"{id}\n", made.stderr
    place.begin("worker", script)
    rows = until(lambda: [row for row in place.json("schedule", "--list") if row["id"] == id and row["runs"]], "a run")
    assert (rows[0]["script"], rows[0]["is_paused"], len(rows[0]["next_at"]) > 0) == (script, False, True)
    run = rows[0]["runs"][0]
    assert run.startswith(id)
    until(lambda: place.json("show", run)["waits"], "the prompt")
    assert (place.folder / "made---month-6").is_dir()
    assert run in [row["id"] for row in place.json("ps")]
    assert place.durable("answer", run, "x").returncode == 0
    until(lambda: place.json("show", run)["status"] == "failed", "the end")
    assert place.durable("logs", run).stdout == "? hello ['--month', '6'] x\n"
    (place.folder / "nowhere").mkdir()
    again = place.durable("retry", run)
    assert (again.returncode, (place.folder / "nowhere").exists()) == (0, False), again.stderr
    twice = place.durable("schedule", "--id", id, "@daily", script)
    assert (twice.returncode, f"there is a schedule {id} already" in twice.stderr) == (2, True)
    assert place.durable("schedule", "--remove", id).returncode == 0
    assert id not in place.durable("schedule", "--list").stdout
    gone = place.durable("schedule", "--remove", id)
    assert (gone.returncode, f"there is no schedule {id}" in gone.stderr) == (2, True)


def test_times_that_nobody_understands(place: Place) -> None:
    script = place.write(f"asks_{place.id()[2:]}.py", ASKS)
    wrong = place.durable("schedule", "every now and then", script)
    assert (wrong.returncode, "does not take these times" in wrong.stderr) == (2, True), wrong.stderr
    assert "--overlap is one of" in place.durable("schedule", "--overlap", "x", "@daily", script).stderr
    assert "say when, and what" in place.durable("schedule").stderr
