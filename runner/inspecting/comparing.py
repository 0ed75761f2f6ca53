"""A run replayed to its end and compared with what was recorded of it: outcome and output."""

from __future__ import annotations

from typing import Any

from durable.runner.inspecting.local import LocalReplay
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal


def replayed(journal: Journal, row: RunRow) -> dict[str, Any]:
    """Replay a run and return {"same", "steps", "differences"}. Raise Misfit."""
    replay = LocalReplay(journal, row)
    replay.to(None)
    differences = [*_of_outcome(replay, row), *_of_output(replay, journal, row)]
    left = len(tuple(replay.left()))
    if left:
        differences.append(f"the program ends with {left} recorded events to come")
    return {
        "id": row.spec.id,
        "same": not differences,
        "steps": journal.count_steps(row.n),
        "differences": differences,
    }


def _of_outcome(replay: LocalReplay, row: RunRow) -> list[str]:
    outcome = replay.run.outcome
    if row.status == "running":
        return ["the journal is at its end, and the program ends too"] if outcome is not None else []
    if outcome is None:
        return [f"the run is recorded as {row.status}, but the program goes on behind its journal"]
    made, recorded = (outcome.status, outcome.exit_code), (row.status, row.exit_code)
    return (
        []
        if made == recorded
        else [f"the outcome is {made[0]} ({made[1]}), recorded is {row.status} ({row.exit_code})"]
    )


def _of_output(replay: LocalReplay, journal: Journal, row: RunRow) -> list[str]:
    found = []
    for fd, name in ((1, "stdout"), (2, "stderr")):
        recorded = b"".join(data for _, at, data in journal.output(row.n) if at == fd)
        made = bytes(replay.output[fd])
        if row.status == "running":  # what the last moment wrote may not have been recorded
            made = made[: len(recorded)]
        if made != recorded:
            found.append(f"{name} differs: {_first_difference(made, recorded)}")
    return found


def _first_difference(made: bytes, recorded: bytes) -> str:
    lines, others = made.splitlines(), recorded.splitlines()
    for number, (line, other) in enumerate(zip(lines, others, strict=False), 1):
        if line != other:
            return f"line {number} is {line!r}, recorded is {other!r}"
    return f"{len(lines)} lines, recorded are {len(others)}"
