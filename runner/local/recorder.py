"""The pen of the local engine: one run's entries and open requests, written to the journal in transactions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from durable.runner.core.call import Call
from durable.runner.core.messages import Request, site_of
from durable.runner.engines.replay import Entry
from durable.runner.errors import JournalError
from durable.runner.journal.rows import OpenRow
from durable.runner.journal.store import Journal
from durable.runner.local.clock import REAL, Clock
from durable.runner.local.console import Console

if TYPE_CHECKING:
    from durable.runner.local.spans import Spans

BRIEF = 0.02
"""Seconds. A wait no longer than this needs no note: it is over before a crashed run could be resumed."""
_TICK = 0.1


class Recorder:
    """Writes what happens in run number `n`; `size` counts its entries. Nothing is on disk before a commit."""

    def __init__(self, journal: Journal, n: int, size: int, console: Console, clock: Clock = REAL) -> None:
        self.journal = journal
        self.n = n
        self.size = size
        self.spans: Spans | None = None
        self._console = console
        self._clock = clock
        self._is_unsynced = False
        self._committed = self._beaten = 0.0
        self._mine = threading.Lock()
        self._mine.acquire()
        self._is_aside = False
        self._has_committer = False

    def append(
        self, entry: Entry, call: Call | None = None, started: float | None = None, wait: Request | None = None
    ) -> None:
        """Add an entry; `call` is the step that it answers, `started` when that began (seconds since the epoch).

        `wait` is the timer or prompt that it answers, if it is one.
        """
        self.journal.begin()
        now = self._clock.now()
        place = call.site if call is not None else site_of(wait)
        number = self.journal.site_number(place) if place is not None else None
        at = started if started is not None else now
        extra = call.extra if call is not None else {}
        strand = call.strand if call is not None else ""
        attempts = extra.get("attempts", 1) + (call.attempt - 1 if call is not None else 0)
        facts = (number, at, now - at, attempts, bool(extra.get("doubtful")), strand)
        self.journal.append(self.n, self.size, entry, facts)
        self.size += 1
        self._console.store(self.journal, self.n)
        if call is None or "attempts" not in extra:
            self._is_unsynced = True
        if call is not None and self.spans is not None:
            self.spans.step(entry, call, at, now, attempts)

    def open(self, row: OpenRow) -> None:
        """Note that a request is open."""
        self.journal.begin()
        self.journal.open(self.n, row)

    def shut(self, seq: int) -> None:
        """Note that a request is answered or not wanted any more."""
        self.journal.begin()
        self.journal.shut(self.n, seq)

    def take(self, message: int) -> None:
        """Drop a message of the inbox."""
        self.journal.begin()
        self.journal.take(message)

    def forget_from(self, size: int) -> None:
        """Forget the entries behind the first `size`, and the output: the program makes it again."""
        self._console.forget()
        self.journal.forget_from(self.n, size)
        self.size = size

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Inside the block this thread leaves the journal alone, so what it recorded may be committed meanwhile."""
        if not self._has_committer:
            self._has_committer = True
            threading.Thread(target=self._commit_aside, name="durable-commit", daemon=True).start()
        self._console.save(self.journal, self.n)
        self._is_aside = True
        self._mine.release()
        try:
            yield
        finally:
            self._mine.acquire()
            self._is_aside = False

    def _commit_aside(self) -> None:
        """Let other processes see what was recorded before a step that takes long; costs no flush."""
        while True:
            time.sleep(_TICK)
            if not self._is_aside or not self._mine.acquire(blocking=False):
                continue
            try:
                self.journal.commit(sync=False)
            except JournalError:
                return  # the thread that drives the run will meet it too
            finally:
                self._mine.release()

    def show(self, fd: int) -> None:
        """Show what the program wrote; what a terminal has shown is kept, so that it does not show it again."""
        self._console.flush()
        if self._console.is_terminal(fd):
            self._console.save(self.journal, self.n)
            self.journal.commit(sync=False)

    def commit_start(self) -> None:
        """Commit the start of a write, with a flush to the disk where a read before it is not there yet (promise 3)."""
        self._console.save(self.journal, self.n)
        self.journal.commit(self._is_unsynced)
        self._is_unsynced = False

    def commit(self) -> None:
        """Have everything on disk."""
        self._console.save(self.journal, self.n)
        self.journal.commit(sync=True)
        self._is_unsynced = False

    def beat(self) -> None:
        """Note about once a second that the process is alive, for what a crash now would leave of short timers."""
        now = time.time()
        if now - self._beaten >= 1.0:
            self._beaten = now
            self.journal.begin()
            self.journal.touch(self.n)

    def commit_before(self, seconds: float) -> None:
        """Have everything on disk before a wait, but for a program that polls: not with each of its brief waits."""
        now = time.monotonic()
        if seconds > BRIEF or now - self._committed > BRIEF:
            self.commit()
            self._committed = now
