"""A contestant in, its numbers out. Every run is a process of its own, timed from start to exit."""

import statistics
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contestants.protocol import Contestant, Launch, Run
from processes import CommandFailed, TooSlow, entries, kill_at, seconds

PARALLEL = 200
RECOVERY_STEPS = 500
RECOVERY_KILL = 400


@dataclass(frozen=True)
class Measure:
    """One column of the table: `more_is_better` tells which way its ratio goes."""

    key: str
    title: str
    unit: str
    more_is_better: bool | None


MEASURES = [
    Measure("sequential", "sequential writes", "/s", True),
    Measure("parallel", f"{PARALLEL} parallel writes", "/s", True),
    Measure("cold", "start, cold cache", "s", False),
    Measure("warm", "start, warm cache", "s", False),
    Measure("recovery", f"recovery at {RECOVERY_KILL} of {RECOVERY_STEPS}", "s", False),
    Measure("again", "steps done again", "", None),
    Measure("replay", "replayed steps", "/s", True),
]

Numbers = dict[str, float]


class WrongResult(Exception):
    """A contestant says that it is done and its ledger says otherwise."""


@dataclass(frozen=True)
class Bench:
    """A contestant whose servers are up, with a fresh run and a fresh ledger for each measurement."""

    contestant: Contestant
    launch: Launch
    directory: Path
    repeats: int
    scale: float

    def new_run(self, program: str, count: int) -> Run:
        name = f"{program}-{count}-{uuid.uuid4().hex[:8]}"
        return Run(name, program, count, self.directory / f"{name}.ledger")

    def time(self, program: str, count: int) -> float:
        """Seconds for a new run of that many steps, each of which is checked to have happened once."""
        run = self.new_run(program, count)
        taken = seconds(self.launch(run))
        check(run, entries(run.ledger))
        return taken

    def typical(self, program: str, count: int) -> float:
        return statistics.median(self.time(program, count) for _ in range(self.repeats))

    def rate(self, program: str, count: int) -> float:
        """Steps a second, the start of the process not counted: what `count` steps take more than one."""
        return steps_per_second(count, self.typical(program, count), self.typical(program, 1))


def steps_per_second(count: int, all_steps: float, one_step: float) -> float:
    if all_steps <= one_step:
        raise WrongResult(f"{count} steps take {all_steps:.3f} s, one takes {one_step:.3f} s: too short to measure")
    return (count - 1) / (all_steps - one_step)


def check(run: Run, lines: list[str]) -> None:
    if sorted(lines) != sorted(f"{number}\n" for number in range(run.count)):
        raise WrongResult(f"{run.id}: {len(lines)} lines in the ledger, {run.count} steps in the program")


def measure_starts(bench: Bench) -> Numbers:
    """The first run in an empty directory, and later ones: a program of one step from its start to its exit."""
    colds: list[float] = []
    for _ in range(bench.repeats):
        with (
            tempfile.TemporaryDirectory() as folder,
            bench.contestant.serve(Path(folder)) as launch,
        ):
            fresh = Bench(bench.contestant, launch, Path(folder), bench.repeats, bench.scale)
            colds.append(fresh.time("sequential", 1))
    bench.time("sequential", 1)
    return {"cold": statistics.median(colds), "warm": bench.typical("sequential", 1)}


def measure_sequential(bench: Bench) -> Numbers:
    return {"sequential": bench.rate("sequential", max(2, int(bench.contestant.sizes.sequential * bench.scale)))}


def measure_parallel(bench: Bench) -> Numbers:
    return {"parallel": bench.rate("parallel", PARALLEL)}


def measure_recovery(bench: Bench) -> Numbers:
    """Kill a run, start the same command again, and take the time of that second one to its exit."""
    run = bench.new_run("sequential", RECOVERY_STEPS)
    kill_at(bench.launch(run), run.ledger, RECOVERY_KILL)
    taken = seconds(bench.launch(run))
    lines = entries(run.ledger)
    again = len(lines) - len(set(lines))
    check(run, sorted(set(lines)))
    return {"recovery": taken, "again": float(again)}


def measure_replay(bench: Bench) -> Numbers:
    """What a run killed at its last event takes more to resume after many steps than after one."""
    count = int(bench.contestant.sizes.replay * bench.scale)
    if not count:
        return {}
    many, one = ([resume_time(bench, steps) for _ in range(bench.repeats)] for steps in (count, 1))
    return {"replay": steps_per_second(count, statistics.median(many), statistics.median(one))}


def resume_time(bench: Bench, count: int) -> float:
    """Seconds from the second start of a run killed at its question to its exit, with the answer typed."""
    run = bench.new_run("replay", count)
    kill_at(bench.launch(run), run.ledger, count)
    return seconds(bench.launch(run), typed="yes\n")


SCENARIOS: list[Callable[[Bench], Numbers]] = [
    measure_starts,
    measure_sequential,
    measure_parallel,
    measure_recovery,
    measure_replay,
]


def measure(contestant: Contestant, *, quick: bool, say: Callable[[str], None]) -> Numbers:
    """All numbers of one contestant; a scenario that fails twice is said and left out, the others go on."""
    numbers: Numbers = {}
    with tempfile.TemporaryDirectory() as folder, contestant.serve(Path(folder)) as launch:
        bench = Bench(contestant, launch, Path(folder), 1 if quick else 3, 0.5 if quick else 1.0)
        for scenario in SCENARIOS:
            found = next(
                (found for found in (attempt(scenario, bench, say) for _ in range(2)) if found is not None), {}
            )
            numbers |= found
            if found:
                say(f"{contestant.name}: " + ", ".join(f"{key} {value:.4g}" for key, value in found.items()))
    return numbers


def attempt(scenario: Callable[[Bench], Numbers], bench: Bench, say: Callable[[str], None]) -> Numbers | None:
    """What the scenario finds, None when it fails: a process that crashes once says little about speed."""
    try:
        return scenario(bench)
    except (CommandFailed, TooSlow, WrongResult) as error:
        say(f"{bench.contestant.name}: {scenario.__name__} failed: {error}")
        return None
