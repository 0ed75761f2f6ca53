"""What the journal's tables hold, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from durable.runner.core.call import Site
from durable.runner.engines.replay import Entry
from durable.runner.spec import RunSpec

Facts = tuple[int | None, float, float, int, bool, str]
"""Of an entry, for people: site number, time, duration (seconds), attempts, was in doubt, strand."""


@dataclass(frozen=True)
class RunRow:
    """One run as the journal has it; `status` is the stored one ("running" also for an interrupted run)."""

    n: int
    spec: RunSpec
    status: str
    exit_code: int | None
    error: str
    started_at: float
    updated_at: float
    boot: str
    failed: int | None


@dataclass(frozen=True)
class OpenRow:
    """A request that has no answer yet: a step that started, a timer, a prompt. Times are seconds since the epoch."""

    seq: int
    kind: str
    name: str
    site: Site | None
    at: float
    until: float | None
    attempts: int
    note: Any


@dataclass(frozen=True)
class StepRow:
    """A finished step or other entry, for people."""

    idx: int
    entry: Entry
    site: Site | None
    at: float | None
    duration: float | None
    attempts: int
    in_doubt: bool
    strand: str

    @property
    def is_given(self) -> bool:
        """Say whether a person gave the step's result (`durable retry --value`): nothing was attempted for it."""
        return self.entry.kind == "returned" and self.attempts == 0


@dataclass(frozen=True)
class Rewound:
    """A run as a retry leaves it: its first `idx` entries, perhaps one more that was given by hand, and its spec."""

    idx: int
    spec: RunSpec
    given: Entry | None = None
    facts: Facts = (None, 0.0, 0.0, 0, False, "")
