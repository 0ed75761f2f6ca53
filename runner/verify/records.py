"""A run's state directory in, its journal's record out: output and attempts at steps, as `logs` and `show` tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from durable.runner.journal.home import Home
from durable.runner.journal.store import Journal

_STEPS = ("returned", "raised")


@dataclass(frozen=True)
class Record:
    """The recorded output of a run, and its steps (seq, callee, effect, attempts)."""

    stdout: bytes
    stderr: bytes
    steps: list[dict[str, Any]]


def record_of(state: Path, run: str) -> Record | None:
    """Read the run from its journal, in this process; None for one that never began."""
    home = Home(state)
    if not home.journal.is_file():
        return None
    journal = Journal(home)
    try:
        row = journal.find(run)
        if row is None:
            return None
        said = journal.output(row.n)
        steps = [
            (step.entry.seq, step.entry.name, step.site, step.attempts)
            for step in journal.steps(row.n)
            if step.entry.kind in _STEPS
        ]
        steps += [
            (step.seq, step.name, step.site, step.attempts) for step in journal.open_rows(row.n) if step.kind == "step"
        ]
    finally:
        journal.close()
    return Record(
        b"".join(data for _, fd, data in said if fd == 1),
        b"".join(data for _, fd, data in said if fd == 2),
        [
            {"seq": seq, "callee": callee, "effect": site.effect if site else "", "attempts": tries}
            for seq, callee, site, tries in steps
        ],
    )
