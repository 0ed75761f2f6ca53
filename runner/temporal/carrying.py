"""A run's journal as a value: with it a run goes on in a new workflow execution, after a long history or on a retry."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from durable.runner.core.messages import Answered, Cancelled, Event, Fired, Raised, Returned, Signalled
from durable.runner.spec import Outcome
from durable.runner.temporal.live import Fed

LARGEST = 1_500_000
"""Bytes up to which a journal is carried: a payload of Temporal ends at 2 MB."""
_KINDS: dict[str, type] = {
    "returned": Returned,
    "raised": Raised,
    "answered": Answered,
    "fired": Fired,
    "signalled": Signalled,
    "cancelled": Cancelled,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class Carried:
    """What a run has behind it: when it began, what it was fed, and when its open timers are due (seconds, by seq)."""

    started: int
    log: tuple[Fed, ...] = ()
    until: dict[int, float] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """Return the JSON form."""
        lines = [_line(fed.event, fed.at) for fed in self.log if fed.event is not None]
        packed = zlib.compress(
            json.dumps(lines, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        )
        return {
            "started": self.started,
            "journal": base64.b64encode(packed).decode(),
            "until": list(self.until.items()),
        }

    @staticmethod
    def of(stored: dict[str, Any] | None, started: int) -> Carried:
        """Return what `stored` stores; None: a run that begins at `started`."""
        if stored is None:
            return Carried(started)
        text = zlib.decompress(base64.b64decode(stored["journal"])).decode("utf-8", "surrogatepass")
        log = tuple(_fed(line) for line in json.loads(text))
        return Carried(stored["started"], log, {int(seq): until for seq, until in stored["until"]})


def before_failure(log: Iterable[Fed], outcome: Outcome | None) -> tuple[Fed, ...]:
    """Return the part of a failed run's log that a retry keeps: all before its failed step, or before the cancel.

    Where the program failed by itself, all is kept.
    """
    kept = tuple(log)
    for index in range(len(kept) - 1, -1, -1):
        event = kept[index].event
        if outcome is not None and isinstance(event, Raised) and event.seq == outcome.failed:
            return kept[:index]
        if outcome is not None and isinstance(event, Cancelled) and outcome.status == "cancelled":
            return kept[:index]
    return kept


def _line(event: Event, at: int) -> list[Any]:
    return [_NAMES[type(event)], at, *event]


def _fed(line: list[Any]) -> Fed:
    kind, at, *rest = line
    return Fed(_KINDS[kind](*rest), at)
