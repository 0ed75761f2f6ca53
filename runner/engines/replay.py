"""Recorded entries to events, and the check that they fit what the program asks for; shared by every engine.

An entry is one line of a run's journal, in the order in which the run was given it. `ambient` entries are values of the
moment that the run took by itself; all others are events that it was fed.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Container, Iterable
from typing import Any, NamedTuple

from durable.runner.core.messages import (
    Answered,
    AskPrompt,
    Cancelled,
    Event,
    Fired,
    Perform,
    Raised,
    Request,
    Returned,
    Signalled,
    StartTimer,
    Withdraw,
    site_of,
)
from durable.runner.errors import Misfit, StopRun


class Entry(NamedTuple):
    """One recorded line. `kind` is one of returned, raised, fired, answered, signal, cancel, ambient; `name` says of
    what (the step's callee, the signal's name, the ambient kind); `payload` is a record of the codec."""

    kind: str
    seq: int
    name: str
    payload: str


class Replay:
    """The recorded entries of a run, given out in order and checked against what the program asks for.

    With their number `size` given, they are taken from `entries` when they are needed, so a long journal is never held.
    """

    def __init__(self, entries: Iterable[Entry] = (), size: int | None = None) -> None:
        if size is None:
            entries = tuple(entries)
            size = len(entries)
        self._source = iter(entries)
        self._ahead: deque[Entry] = deque()
        self._size = size
        self.misfit: Misfit | None = None
        self._asked: tuple[Container[int], Container[int]] = ((), ())

    def __bool__(self) -> bool:
        return self._size > 0

    def __len__(self) -> int:
        return self._size

    @property
    def is_past(self) -> bool:
        """Say whether what is left goes on behind the present activation: it is more than answers of its batch."""
        return self._moment() < self._size

    def left(self) -> Iterable[Entry]:
        """Return the entries that were not given out yet."""
        if self._size:
            self._entry(self._size - 1)
        return tuple(self._ahead)

    def _entry(self, at: int) -> Entry:
        """Return entry number `at` of what is left."""
        while len(self._ahead) <= at:
            self._ahead.append(next(self._source))
        return self._ahead[at]

    def _take(self, at: int) -> Entry:
        entry = self._entry(at)
        del self._ahead[at]
        self._size -= 1
        return entry

    def ambient(self, kind: str, produce: Callable[[], Any], record: Callable[[Entry], None]) -> Any:
        """Return the recorded value of the moment if one is left, else `produce()`, given to `record` as an entry."""
        at = self._moment()
        if at == self._size:
            value = produce()
            record(Entry("ambient", -1, kind, json.dumps(value)))
            return value
        entry = self._take(at)
        if entry.kind != "ambient" or entry.name != kind:
            self._fail(entry, kind)
        return json.loads(entry.payload)

    def _moment(self) -> int:
        """Return the index of the entry that a moment must be: answers that were recorded together come before it."""
        for at in range(self._size):
            entry = self._entry(at)
            if entry.kind not in ("returned", "raised") or not any(entry.seq in asked for asked in self._asked):
                return at
        return self._size

    def next_event(self, open_requests: dict[int, Request], withdrawn: Container[int] = ()) -> tuple[Entry, Event]:
        """Take the next entry and return it with its event. Raise Misfit.

        It must answer one of `open_requests`, or of the `withdrawn`: a step whose answer came too late to be wanted.
        """
        self._asked = open_requests, withdrawn
        entry = self._take(0)
        if entry.seq not in withdrawn:
            self._check(entry, open_requests.get(entry.seq))
        return entry, event_of(entry)

    def _check(self, entry: Entry, request: Request | None) -> None:
        if entry.kind in ("signal", "cancel"):
            return
        if answers(entry, request):
            return
        text = f"the journal goes on with {phrase(entry)}, but the program now {_asks(request)}"
        raise Misfit(text, entry, site_of(request))

    def _fail(self, entry: Entry, asked: str) -> None:
        recorded = f"{entry.kind} {entry.name}"
        self.misfit = Misfit(f"the journal goes on with {recorded}, but the program now takes {asked}", entry)
        raise StopRun(str(self.misfit))


_EXPECTED: dict[str, type] = {
    "returned": Perform,
    "raised": Perform,
    "fired": StartTimer,
    "answered": AskPrompt,
}


def event_of(entry: Entry) -> Event:
    """Return the event that `entry` records."""
    kind, seq, name, payload = entry
    match kind:
        case "returned":
            return Returned(seq, payload)
        case "raised":
            return Raised(seq, payload)
        case "fired":
            return Fired(seq)
        case "answered":
            return Answered(seq, payload)
        case "signal":
            return Signalled(name, payload)
        case _:
            return Cancelled()


def track(open_requests: dict[int, Request], requests: Iterable[Request]) -> None:
    """Keep `open_requests` (by seq) up to date with what the run asked for now."""
    for request in requests:
        if isinstance(request, Withdraw):
            open_requests.pop(request.seq, None)
        else:
            open_requests[request.seq] = request


def answers(entry: Entry, request: Request | None) -> bool:
    """Say whether `entry` can be the answer to `request`."""
    expected = _EXPECTED.get(entry.kind)
    if expected is None or not isinstance(request, expected):
        return False
    return not isinstance(request, Perform) or request.call.site.callee == entry.name


def phrase(entry: Entry) -> str:
    """Return a recorded line in words."""
    return f"{entry.kind} step {entry.seq} ({entry.name})" if entry.kind in ("returned", "raised") else entry.kind


def _asks(request: Request | None) -> str:
    if request is None:
        return "does not ask for that"
    if isinstance(request, Perform):
        site = request.call.site
        return f"asks for {site.callee} at {site.file}:{site.line}"
    return f"waits for {type(request).__name__}"
