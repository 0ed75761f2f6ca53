"""The whole of `durable verify`: plain, durable, then durable killed at every point; the report."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass

from durable.runner.verify.compare import differences
from durable.runner.verify.runs import Bench, bench, snapshot_of, starter_for
from durable.runner.verify.settings import Settings

Progress = Callable[[str], None]
Places = Callable[[], AbstractContextManager[tuple[Bench, dict[str, str]]]]


@dataclass(frozen=True)
class Report:
    """What `durable verify` found; `events` is the number of points at which the run could be killed."""

    program: str
    engine: str
    events: int
    kills: int
    differences: list[str]

    @property
    def same(self) -> bool:
        return not self.differences


def verify(settings: Settings, tell: Progress) -> Report:
    """Run the program in all three ways and compare; `tell` is given a line for each stage."""
    with snapshot_of(settings.folder) as snapshot, starter_for(settings) as starter:
        return _verified(functools.partial(bench, settings, snapshot, starter), settings, tell)


def _verified(place_for: Places, settings: Settings, tell: Progress) -> Report:
    tell("plain run")
    with place_for() as (place, world):
        plain = place.plain(world)
    tell("durable run")
    with place_for() as (place, world):
        undisturbed = place.durable(world)
        place.keep_compiled()
    points = undisturbed.points
    found = [f"undisturbed run: {item}" for item in differences(plain, undisturbed)]
    if found:
        return Report(settings.script.name, settings.engine, len(points), 0, found)
    chosen = _chosen(len(points), settings.kills)

    def kill(point: int) -> list[str]:
        name = points[point - 1]
        tell(f"kill {chosen.index(point) + 1}/{len(chosen)}: {name}")
        with place_for() as (place, world):
            result = place.durable(world, crash_at=point)
        return [f"killed at {name}: {item}" for item in differences(plain, result)]

    with ThreadPoolExecutor(max(1, settings.jobs)) as pool:
        for some in pool.map(kill, chosen):
            found += some
    return Report(settings.script.name, settings.engine, len(points), len(chosen), found)


def _chosen(count: int, most: int) -> list[int]:
    """Return the points (from 1) to kill at: all, or `most` of them spread evenly."""
    if not most or count <= most:
        return list(range(1, count + 1))
    return sorted({round(1 + i * (count - 1) / max(1, most - 1)) for i in range(most)})


__all__ = ["Report", "Settings", "verify"]
