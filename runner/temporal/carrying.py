"""A run's journal as a value: with it a run goes on in a new workflow execution, after a long history or on a retry.

The old parts of a long journal are kept outside (see `storage`), each written once; the value names them by hash.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from durable.runner.core.messages import Answered, Cancelled, Event, Fired, Raised, Returned, Signalled
from durable.runner.spec import Outcome

_KINDS: dict[str, type] = {
    "returned": Returned,
    "raised": Raised,
    "answered": Answered,
    "fired": Fired,
    "signalled": Signalled,
    "cancelled": Cancelled,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


class Fed(NamedTuple):
    """An event with the moment it was made (nanoseconds since the epoch); None stands for the start.

    `source` says who gave an answer: "stdin", or "answer" for the command.
    """

    event: Event | None
    at: int
    source: str = ""


@dataclass(frozen=True)
class Part:
    """A part of a journal that is kept outside: how many events, and what the storage needs to find it."""

    count: int
    kept: dict[str, Any]


@dataclass(frozen=True)
class Carried:
    """What a run has behind it: when it began, and what it was fed.

    `until` tells when its open timers are due (seconds, by number), `begun` which steps were in flight when the
    execution before this one ended, by number, with the execution that began them; `pending` was recorded and not fed
    yet; `holder` is the queue of the process that has the run's live objects.
    """

    started: int
    parts: tuple[Part, ...] = ()
    tail: tuple[Fed, ...] = ()
    until: dict[int, float] = field(default_factory=dict)
    begun: dict[int, str] = field(default_factory=dict)
    pending: tuple[Fed, ...] = ()
    holder: str = ""

    @property
    def kept(self) -> int:
        """How many events are kept outside."""
        return sum(part.count for part in self.parts)

    @property
    def count(self) -> int:
        """How many events the run was fed."""
        return self.kept + len(self.tail)

    def is_journal_of(self, other: Carried) -> bool:
        return self.parts == other.parts and self.tail == other.tail

    def events(self, get: Callable[[dict[str, Any]], bytes]) -> Iterator[Fed]:
        """Yield what the run was fed, the oldest first; `get` gives the content of a part."""
        for part in self.parts:
            yield from unpacked(get(part.kept))
        yield from self.tail

    def cut(self, count: int, get: Callable[[dict[str, Any]], bytes]) -> Carried:
        """Return the journal's first `count` events."""
        parts: list[Part] = []
        rest = count
        for part in self.parts:
            if part.count > rest:
                return Carried(self.started, tuple(parts), tuple(unpacked(get(part.kept))[:rest]))
            parts.append(part)
            rest -= part.count
        return Carried(self.started, tuple(parts), self.tail[:rest])

    def stored(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "started": self.started,
            "parts": [[part.count, part.kept] for part in self.parts],
            "journal": base64.b64encode(packed(self.tail)).decode(),
            "until": [*self.until.items()],
            "begun": [*self.begun.items()],
            "pending": [_line(fed) for fed in self.pending],
            "holder": self.holder,
        }

    @staticmethod
    def of(stored: dict[str, Any] | None, started: int) -> Carried:
        """Return what `stored` stores; None: a run that begins at `started`."""
        if stored is None:
            return Carried(started)
        return Carried(
            stored["started"],
            tuple(Part(count, kept) for count, kept in stored["parts"]),
            tuple(unpacked(base64.b64decode(stored["journal"]))),
            {int(seq): until for seq, until in stored["until"]},
            {int(seq): execution for seq, execution in stored["begun"]},
            tuple(map(_fed, stored["pending"])),
            stored["holder"],
        )


def packed(log: Iterable[Fed]) -> bytes:
    """Return events as compressed bytes."""
    packer = zlib.compressobj(1)
    lines = (json.dumps(_line(fed), ensure_ascii=False, separators=(",", ":")) for fed in log)
    pieces = [packer.compress(f"{line}\n".encode("utf-8", "surrogatepass")) for line in lines]
    return b"".join((*pieces, packer.flush()))


def unpacked(data: bytes) -> list[Fed]:
    """Return the events that `packed` packed."""
    text = zlib.decompress(data).decode("utf-8", "surrogatepass")
    return [_fed(json.loads(line)) for line in text.split("\n")[:-1]]


def weight_of(fed: Fed) -> int:
    """Return about how many characters an event takes in a journal."""
    return 40 + sum(len(item) for item in fed.event or () if isinstance(item, str))


def before_failure(log: Iterable[Fed], outcome: Outcome | None) -> int:
    """Return how many events of a failed run's log a retry keeps: all before its failed step, or before the cancel.

    Where the program failed by itself, all are kept.
    """
    count, found = 0, -1
    for count, fed in enumerate(log, 1):
        event = fed.event
        is_cancel = isinstance(event, Cancelled) and outcome is not None and outcome.status == "cancelled"
        if is_cancel or (isinstance(event, Raised) and outcome is not None and event.seq == outcome.failed):
            found = count - 1
    return count if found < 0 else found


def _line(fed: Fed) -> list[Any]:
    assert fed.event is not None
    return [_NAMES[type(fed.event)], [fed.at, fed.source] if fed.source else fed.at, *fed.event]


def _fed(line: list[Any]) -> Fed:
    kind, at, *rest = line
    moment, source = at if isinstance(at, list) else (at, "")
    return Fed(_KINDS[kind](*rest), moment, source)
