"""The whole of `durable verify`: plain, durable, then durable killed at every point; the report."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from durable.runner.verify.compare import differences
from durable.runner.verify.runs import bench
from durable.runner.verify.settings import Settings

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
    tell("plain run")
    with bench(settings) as (place, world):
        plain = place.plain(world)
    tell("durable run")
    with bench(settings) as (place, world):
        undisturbed = place.durable(world)
    found = [f"undisturbed run: {item}" for item in differences(plain, undisturbed)]
    chosen = _chosen(len(undisturbed.points), settings.kills)

    def kill(point: int) -> list[str]:
        name = undisturbed.points[point - 1]
        tell(f"kill {chosen.index(point) + 1}/{len(chosen)}: {name}")
        with bench(settings) as (place, world):
            result = place.durable(world, crash_at=point)
        return [f"killed at {name}: {item}" for item in differences(plain, result)]

    if not found:
        with ThreadPoolExecutor(max(1, settings.jobs)) as pool:
            for some in pool.map(kill, chosen):
                found += some
    kills = len(chosen) if not any(item.startswith("undisturbed") for item in found) else 0
    return Report(settings.script.name, settings.engine, len(undisturbed.points), kills, found)


def _chosen(count: int, most: int) -> list[int]:
    """Return the points (from 1) to kill at: all, or `most` of them spread evenly."""
    if not most or count <= most:
        return list(range(1, count + 1))
    return sorted({round(1 + i * (count - 1) / max(1, most - 1)) for i in range(most)})


__all__ = ["Report", "Settings", "verify"]
