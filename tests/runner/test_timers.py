"""Timers over a crash."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from durable.runner.core.call import Call, Site
from durable.runner.core.messages import Perform, Request, StartTimer
from durable.runner.journal.rows import OpenRow
from durable.runner.local.timers import brief_ones, due_at, pause_of

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


def _step(seq: int) -> Perform:
    return Perform(seq, Call(print, (), {}, "write", SITE))


def _due(timers: list[tuple[float, float]], seen_ago: float, is_cut_off: bool) -> list[float]:
    """Return in how many seconds timers are due: each given as (its length, how long ago it began)."""
    now = time.time()
    requests: dict[int, Request] = {n: StartTimer(n, seconds, SITE) for n, (seconds, _) in enumerate(timers)}
    begun = {
        n: OpenRow(n, "timer", "sleep", SITE, now - ago, now - ago + seconds, 1, None)
        for n, (seconds, ago) in enumerate(timers)
    }
    pause = pause_of({**requests, **({9: _step(9)} if is_cut_off else {})}, begun, now - seen_ago, now)
    return [due_at(StartTimer(n, seconds, SITE), begun[n], pause, now) - now for n, (seconds, _) in enumerate(timers)]


@pytest.mark.parametrize(
    ("timers", "seen_ago", "is_cut_off", "due_in"),
    [
        ([(5.0, 100.0)], 99.0, True, [4.0]),  # a second of it had passed
        ([(5.0, 100.0)], 99.0, False, [0.0]),  # a sleep that is over
        ([(5.0, 1.0)], 1.0, False, [4.0]),
        ([(0.1, 100.0), (0.3, 100.0), (50.0, 100.0)], 100.0, False, [0.0, 0.2, 49.9]),  # as far apart as ever
        ([(3600.0, 7200.0)], 7199.0, True, [-3600.0]),  # somebody's calendar
        ([(3600.0, 60.0)], 59.0, True, [3540.0]),
    ],
)
def test_due_at(timers: list[tuple[float, float]], seen_ago: float, is_cut_off: bool, due_in: list[float]) -> None:
    assert _due(timers, seen_ago, is_cut_off) == pytest.approx(due_in, abs=0.1)


def test_a_timer_too_brief_to_be_written_down_keeps_its_place_before_one_that_was() -> None:
    now = time.time()
    requests = {0: StartTimer(0, 0.05, SITE), 1: StartTimer(1, 0.02, SITE), 2: StartTimer(2, 0.03, SITE)}
    begun = {0: OpenRow(0, "timer", "sleep", SITE, now - 9, now - 9 + 0.05, 1, None)}
    begun |= brief_ones(requests, begun, now - 9)
    assert sorted(begun) == [0, 1]
    pause = pause_of(requests, begun, now - 9, now)
    assert due_at(requests[1], begun[1], pause, now) < due_at(requests[0], begun[0], pause, now)
