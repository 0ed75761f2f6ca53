"""How long a workflow's history has become, told from its events alone: a replay counts the same.

The server's own figure is not used: what it is at an event differs between a first run and a replay.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from durable.runner.temporal.carrying import Fed, weight_of

LONGEST = int(os.environ.get("DURABLE_TEMPORAL_HISTORY", "800"))
"""Events after which a run goes on in a new execution.

A server ends histories of 51,200 events or 50 MB; but a worker that takes a run over must replay an execution within
one workflow task, at some hundred events a second on a busy machine, and a new execution costs next to nothing.
"""
SMALL = 50 * LONGEST
"""Characters of records up to which a part of a journal stands in the history itself."""
_LARGEST = 8_000_000
_MARKER, _ACTIVITY = 700, 2_500
"""Bytes that a local activity and an activity take in a history besides their results."""
_AROUND = 6
"""Events of an activity, a timer or an update, with the workflow task that it ends."""
_BEAT = 3_000_000_000
"""A workflow task that goes on for so many nanoseconds is prolonged, by three events."""
_LOCAL_END = 10
_UNSENT = 1_000_000
_TOO_LONG = 10
_MUCH_TOO_LARGE = 24_000_000


@dataclass
class Growth:
    """The estimate, always at least what the server counts; `unsent` is what local activities added since others."""

    events: int = 5
    size: int = 10_000
    unsent: int = 0
    last: int = 0

    def add(self, fed: Fed, is_local: bool) -> None:
        """Count an event that the run is fed, from a local activity or something that the server knows of."""
        waited = max(0, fed.at - self.last) if self.last else 0
        self.last = max(self.last, fed.at)
        weight = 2 * weight_of(fed) + (_MARKER if is_local else _ACTIVITY)
        self.events += (1 if is_local else _AROUND) + 3 * min(_LOCAL_END, waited // _BEAT)
        self.size += weight
        self.unsent = self.unsent + weight if is_local else 0

    def is_to_be_sent(self) -> bool:
        """Say whether the next step should go by the server, so that a workflow task's answer stays below its limit."""
        return self.unsent > _UNSENT

    def is_long(self) -> bool:
        """Say whether the run should go on in a new execution at the next quiet moment."""
        return self.events >= LONGEST or self.size >= _LARGEST

    def is_too_long(self) -> bool:
        """Say whether it should whatever is in flight."""
        return self.events >= _TOO_LONG * LONGEST or self.size >= _MUCH_TOO_LARGE
