"""Timers over a crash."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from durable.runner.core.call import Site
from durable.runner.core.messages import StartTimer
from durable.runner.journal.store import OpenRow
from durable.runner.local.timers import due_at

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

TIMED = """\
import asyncio
from pathlib import Path

def work(name):
    Path(name).write_text("done")
    return Path(name).read_text()

async def main():
    try:
        print(await asyncio.wait_for(asyncio.to_thread(work, "out.txt"), 1.0))
    except TimeoutError:
        print("timed out")

asyncio.run(main())
"""


@pytest.mark.parametrize("point", ["2", "3", "4"])
def test_cut_off_work_gets_the_time_that_its_time_out_had_left(project: Project, point: str) -> None:
    project.write("p.py", TIMED)
    assert project.durable("run", "--id", "r", "p.py", env={"DURABLE_CRASH": point}).returncode < 0
    time.sleep(1.1)
    assert project.durable("run", "--id", "r", "p.py").stdout == "done\n"


SITE = Site("sleep", "time.sleep", "wait", "p.py", 1, 1, "")


@pytest.mark.parametrize(
    ("seconds", "begun_ago", "seen_ago", "due_in"),
    [
        (5.0, 100.0, 99.0, 4.0),  # a second of it had passed
        (5.0, 100.0, None, -95.0),  # nothing was cut off: a sleep that is over
        (5.0, 1.0, 1.0, 5.0),
        (3600.0, 7200.0, 7199.0, -3600.0),  # somebody's calendar
        (3600.0, 60.0, 59.0, 3540.0),
    ],
)
def test_due_at(seconds: float, begun_ago: float, seen_ago: float | None, due_in: float) -> None:
    now = time.time()
    begun = OpenRow(3, "timer", "sleep", SITE, now - begun_ago, now - begun_ago + seconds, 1, None)
    last_sign = None if seen_ago is None else now - seen_ago
    assert due_at(StartTimer(3, seconds, SITE), begun, last_sign) - now == pytest.approx(due_in, abs=0.5)
