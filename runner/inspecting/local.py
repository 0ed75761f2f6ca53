"""Replays a run of the local engine to some moment, from a copy of its journal; performs nothing."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from durable.runner import context
from durable.runner.core.messages import AskPrompt, Request, Withdraw
from durable.runner.core.scheduler import Stopped
from durable.runner.engines.replay import Entry, Replay, track
from durable.runner.errors import UsageError
from durable.runner.inspecting.taking import Looked
from durable.runner.inspecting.values import Shown
from durable.runner.inspecting.waiting import Computing, Facts, NewMoment
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local.driver import relearned
from durable.runner.local.session import bound
from durable.runner.program import main as program
from durable.runner.run import Run

PATIENCE = 5.0
"""Seconds for which a run whose journal is at its end may go on computing before it is looked at."""


class LocalReplay:
    """One replay: `to(at)` goes on to the moment at which request `at` has been made. The host of its run."""

    def __init__(self, journal: Journal, row: RunRow) -> None:
        self._journal = journal
        self._row = row
        self.show: Callable[[int, bytes], None] = lambda fd, data: None
        self.on_answer: Callable[[Entry, Request | None], None] = lambda entry, asked: None
        self._begin()

    def _begin(self) -> None:
        self._replay = Replay(self._journal.entries(self._row.n), self._journal.size(self._row.n))
        self._started = {row.seq for row in self._journal.open_rows(self._row.n)}
        self._open: dict[int, Request] = {}
        self._withdrawn: set[int] = set()
        self._is_started = False
        self.output = {1: bytearray(), 2: bytearray()}
        self._given = 0
        self.activation = 0
        self.run = bound(self._journal, self._row, self)
        self.looked = Looked(self.run, Shown(), self._facts())
        program.UNCAUGHT[:] = [self._ended]

    def _facts(self) -> Facts:
        rows = self._journal.open_rows(self._row.n)
        until = {row.seq: row.until for row in rows if row.until is not None}
        doubtful = frozenset(row.seq for row in rows if row.kind == "step" and _is_dead(self._journal, self._row))
        return Facts(until, doubtful)

    def _ended(self, run: Run, error: BaseException) -> None:
        if run is self.run and self.looked.uncaught is None:
            self.looked.uncaught = error

    # Host

    @property
    def is_past(self) -> bool:
        return self._replay.is_past or not self._started <= self._open.keys()

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        self._given += 1
        try:
            return self._replay.ambient(kind, lambda: self._hold(kind), lambda entry: None)
        finally:
            misfit = self._replay.misfit
            if misfit is not None and misfit.asked is None:
                misfit.asked = self.run.sites.dynamic(sys._getframe(1), kind, "ambient")

    def emit(self, fd: int, data: bytes) -> None:
        self.output[fd] += data
        self.show(fd, data)

    def _hold(self, kind: str) -> None:
        """Suspend the strand which asks for a value that is not recorded: the process that has it may come to it."""
        scheduler = self.run.scheduler
        if scheduler.stopped:
            raise Stopped(kind)
        if scheduler.current is not None:
            scheduler.current.waiting = NewMoment(kind)
        before = context.enter(self.run)
        try:
            scheduler.block()
        finally:
            context.enter(before)

    # Feeding

    def to(self, at: int | None) -> Looked:
        """Go on until request `at` has been made (None: to the journal's end). Raise Misfit, UsageError."""
        for _ in self.steps():
            if at is not None and self.run.scheduler.next_seq > at:
                break
        last = self.run.scheduler.next_seq - 1
        if at is not None and at > last:
            raise UsageError(f"run {self._row.spec.id} has not come to step {at}: its last request is {last}")
        return self.looked

    def steps(self) -> Iterator[Looked]:
        """Yield the run at the start and after each event that it is fed."""
        if not self._is_started:
            self._is_started = True
            self._advance(lambda: self.run.start(lambda: program.run_program(self.run)))
            yield self.looked
        while self._replay and not self.run.is_finished:
            entry, event = self._replay.next_event(self._open, self._withdrawn)
            self._given += 1
            self.activation = self._given
            asked = self._open.pop(entry.seq, None)
            self.on_answer(entry, asked)
            if isinstance(asked, AskPrompt) and asked.kind == "secret":
                self.looked.shown.secrets.append(self.run.decoder.value(entry.payload).strip("\n"))
            self._advance(lambda event=event: self.run.advance(event))  # type: ignore[misc]
            yield self.looked

    def _advance(self, activate: Callable[[], list[Request]]) -> None:
        requests = activate()
        if self._replay.misfit is not None:
            raise self._replay.misfit
        if self.run.violation is not None:
            self._learn()
            return
        track(self._open, requests)
        self._withdrawn |= {request.seq for request in requests if isinstance(request, Withdraw)}

    def _learn(self) -> None:
        """Go on as the run will when it is resumed: with what the guard caught as a step."""
        caught, activation = self.run.violation, self.activation
        assert caught is not None
        from dataclasses import replace

        self._row = replace(self._row, spec=relearned(self._row.spec, self._journal.home, caught, activation))
        self.run.stop()
        self._begin()
        for _ in self.steps():
            if self.activation >= activation:
                return

    @property
    def open(self) -> dict[int, Request]:
        """What the run has asked for and has no answer to, by seq."""
        return self._open

    def left(self) -> Iterable[Entry]:
        """Return what the journal has to come."""
        return self._replay.left()

    @property
    def is_at_end(self) -> bool:
        """Say whether nothing that answers a request is left in the journal."""
        return not any(entry.kind != "ambient" for entry in self._replay.left())


def _is_dead(journal: Journal, row: RunRow) -> bool:
    from durable.runner.local.driver import status_of

    return status_of(journal.home, row) == "interrupted"


def when_computing(replay: LocalReplay, show: Callable[[Looked], None]) -> None:
    """Have `show` called, and the process end, if the run computes for longer than `PATIENCE` at its journal's end."""

    def look(number: int, frame: Any) -> None:
        if not replay.is_at_end:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)
            return
        with context.outside():
            strand = replay.run.scheduler.current
            if strand is not None:
                strand.waiting = Computing()
            replay.looked.computing = frame
            show(replay.looked)
            os._exit(0)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
