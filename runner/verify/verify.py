"""The whole of `durable verify`: plain, durable, then durable killed at every point; the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from durable.runner.verify.compare import differences
from durable.runner.verify.runs import Result, bench, snapshot_of, starter_for
from durable.runner.verify.settings import Settings
from durable.runner.verify.starting import Starter

Progress = Callable[[str], None]


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
    with snapshot_of(settings.folder) as snapshot:
        return _Verification(settings, snapshot, tell).report()


class _Verification:
    """The runs of one verification, each in a copy of `snapshot`."""

    def __init__(self, settings: Settings, snapshot: Path, tell: Progress) -> None:
        self._settings = settings
        self._snapshot = snapshot
        self._tell = tell

    def report(self) -> Report:
        settings = self._settings
        with starter_for(settings) as starter:
            self._tell("plain run")
            with bench(settings, self._snapshot, starter) as (place, world):
                plain = place.plain(world)
            self._tell("durable run")
            with bench(settings, self._snapshot, starter) as (place, world):
                undisturbed = place.durable(world)
                place.keep_compiled()
                libraries = place.libraries()
        points = undisturbed.points
        found = [f"undisturbed run: {item}" for item in differences(plain, undisturbed)]
        chosen = [] if found else chosen_points(len(points), settings.kills)
        if chosen:
            with starter_for(settings, libraries) as starter:
                found += self._killed(plain, points, chosen, starter)
        return Report(settings.script.name, settings.engine, len(points), len(chosen), found)

    def _killed(self, plain: Result, points: list[str], chosen: list[int], starter: Starter) -> Iterator[str]:
        """Kill a run at each of the `chosen` points and go on with it; yield how they differ from the plain one."""

        def kill(point: int) -> list[str]:
            name = points[point - 1]
            self._tell(f"kill {chosen.index(point) + 1}/{len(chosen)}: {name}")
            with bench(self._settings, self._snapshot, starter) as (place, world):
                result = place.durable(world, crash_at=point)
            met = result.points[-1] if result.points else name  # threads may pass points in another order than before
            return [f"killed at {met}: {item}" for item in differences(plain, result)]

        with ThreadPoolExecutor(max(1, self._settings.jobs)) as pool:
            for some in pool.map(kill, chosen):
                yield from some


def chosen_points(count: int, most: int) -> list[int]:
    """Return the points (from 1) to kill at: all, or `most` of them spread evenly (the last, if it is one)."""
    if not most or count <= most:
        return list(range(1, count + 1))
    if most == 1:
        return [count]
    return sorted({round(1 + i * (count - 1) / (most - 1)) for i in range(most)})


__all__ = ["Report", "Settings", "verify"]
