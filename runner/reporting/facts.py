"""What a report tells of a run, gathered from what `show`, `logs`, `inspect` and `graph` know."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from durable.runner.errors import DurableError
from durable.runner.reporting.described import place_of, start_of, status_of, wait_of

_NEWEST = 200_000
_MOMENT = "%Y-%m-%d %H:%M:%S %z"


@dataclass(frozen=True)
class Step:
    """One line of the timeline; `left` and `width` are percentages of the run's time, times are seconds."""

    seq: int
    name: str
    effect: str
    place: str
    status: str
    attempts: int
    at: float
    duration: float
    left: float
    width: float


@dataclass(frozen=True)
class Report:
    """A run to be written down. `strands` is what `inspect` shows of a run that has not completed.

    `graph` is an SVG document, empty where there is none; `notes` say what is missing and why.
    """

    run: str
    script: str
    engine: str
    status: str
    exit_code: int | None
    error: str
    started: str
    seconds: float
    steps: tuple[Step, ...]
    waits: tuple[str, ...]
    output: tuple[tuple[str, str], ...]
    strands: tuple[dict[str, Any], ...]
    graph: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """How often each line (file, number) was performed, and the lines at which the run is now."""

    counts: dict[tuple[str, int], int]
    now: frozenset[tuple[str, int]]

    @classmethod
    def of(cls, found: dict[str, Any]) -> Progress:
        """Return the progress of a described run (`durable show --json`)."""
        open_steps = [step for step in found["steps"] if step["status"] in ("running", "in_doubt")]
        now = frozenset((item["file"], item["line"]) for item in (*open_steps, *found["waits"]))
        counts = _counts(found["steps"])
        for wait in found.get("waited", ()):
            place = wait["file"], wait["line"]
            counts[place] = max(wait["times"], counts.get(place, 0))
        return cls(counts, now)


@dataclass(frozen=True)
class Sources:
    """Where the parts of a report come from; each may raise DurableError, which becomes a note (but of `describe`).

    `graph` draws the run that `describe` has described.
    """

    describe: Callable[[], dict[str, Any]]
    output: Callable[[], Iterable[tuple[int, bytes]]]
    picture: Callable[[], dict[str, Any]]
    graph: Callable[[dict[str, Any]], str]


def gather(sources: Sources) -> Report:
    """Return the report of a run. Raise UnknownRun."""
    found = sources.describe()
    notes: list[str] = []
    steps = _steps(found)
    is_over = found["status"] in ("completed", "cancelled")
    picture = {} if is_over else _tried(sources.picture, notes, "the variables")
    return Report(
        run=found["id"],
        script=found["script"],
        engine=found["engine"],
        status=found["status"],
        exit_code=found.get("exit_code"),
        error=found.get("error") or "",
        started=_moment(start_of(found)),
        seconds=max((step.at + step.duration for step in steps), default=0.0),
        steps=steps,
        waits=tuple([f"{wait_of(wait, _MOMENT)} at {place_of(wait)}" for wait in found["waits"]]),
        output=_output(_tried(sources.output, notes, "the output") or (), notes),
        strands=tuple((picture or {}).get("strands", ())),
        graph=_tried(lambda: sources.graph(found), notes, "the graph") or "",
        notes=tuple(notes),
    )


def _tried(ask: Callable[[], Any], notes: list[str], what: str) -> Any:
    try:
        return ask()
    except DurableError as error:
        notes.append(f"{what} could not be had: {error}")
        return None


def _counts(steps: list[dict[str, Any]]) -> dict[tuple[str, int], int]:
    """Return how often each line (of a file) was performed: a line may have several steps."""
    by_step = Counter((step["file"], step["line"], step["name"]) for step in steps if step["status"] == "completed")
    counts: dict[tuple[str, int], int] = {}
    for (file, line, _), count in by_step.items():
        counts[file, line] = max(count, counts.get((file, line), 0))
    return counts


def _steps(found: dict[str, Any]) -> tuple[Step, ...]:
    start = start_of(found)
    ends = [step["started_at"] + (step["duration"] or 0.0) for step in found["steps"] if step["started_at"]]
    whole = max([end - start for end in ends], default=0.0) or 1.0
    steps = []
    for step in sorted(found["steps"], key=lambda step: step["seq"]):
        at = max(0.0, (step["started_at"] or start) - start)
        duration = step["duration"] or 0.0
        left = min(99.5, 100 * at / whole)
        width = max(0.5, min(100 - left, 100 * duration / whole))
        facts = (step["seq"], step["name"], step["effect"], place_of(step), status_of(step), step["attempts"])
        steps.append(Step(*facts, at, duration, left, width))
    return tuple(steps)


def _moment(seconds: float) -> str:
    return time.strftime(_MOMENT, time.localtime(seconds)) if seconds else ""


def _output(chunks: Iterable[tuple[int, bytes]], notes: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the output as (stream, text), neighbours of one stream joined; of a long one the end."""
    joined: list[tuple[int, bytes]] = []
    for fd, data in chunks:
        if joined and joined[-1][0] == fd:
            joined[-1] = fd, joined[-1][1] + data
        else:
            joined.append((fd, data))
    size = sum(len(data) for _, data in joined)
    if size > _NEWEST:
        notes.append(f"of {size:,} bytes of output the last {_NEWEST:,} are shown; `durable logs` prints all")
    kept: list[tuple[str, str]] = []
    room = _NEWEST
    for fd, data in reversed(joined):
        if room <= 0:
            break
        kept.append(("stdout" if fd == 1 else "stderr", data[-room:].decode(errors="replace")))
        room -= len(data)
    return tuple(reversed(kept))
