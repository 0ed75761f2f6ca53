"""A clock that skips what nobody needs to wait for.

It stands still while the program computes. When all that the program waits for are timers (and scripted answers,
signals, slow stubs), it goes to the first of them at once, so deadlines come in the order in which they would. While
something real is under way beside a timer, time goes by as it does, for nobody knows which will be first.
"""

from __future__ import annotations

import heapq
import itertools
import math
import queue
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from durable.runner.testing.errors import Stuck

T = TypeVar("T")
_NANO = 1_000_000_000
_BOOTED = 100_000 * _NANO
"""What a clock that never goes backwards shows at the start."""
_READINGS = 1000
"""Readings of a standing clock after which it goes: the program may be waiting for it to."""
_SHORT = 60.0
"""Seconds up to which a timer is waited for in real time while something outside may still speak."""
_SILENCE = 1.0
"""Seconds of silence from outside after which a longer one is skipped."""
_STEADY = ("time.monotonic", "time.perf_counter", "time.clock_gettime(1)", "time.clock_gettime(4)")
_STEADY_TOO = ("time.clock_gettime(6)", "time.clock_gettime(7)")


def nanoseconds(seconds: float) -> int:
    """Return a duration in nanoseconds, at least one if it is any: who waits for it finds it gone by."""
    return max(round(seconds * _NANO), 1) if seconds > 0 else 0


class VirtualClock:
    """Time of a run under test, to the nanosecond. `start` is in seconds since the epoch."""

    def __init__(self, start: float) -> None:
        self._start = round(start * 1_000_000) * 1000
        self._steady = _BOOTED
        self.gone = 0
        """Nanoseconds since the start."""
        self._readings = 0
        self._stalled: float | None = None
        self._jobs: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers: Iterator[int] = itertools.count()
        self.next_timer: Callable[[], float] = lambda: math.inf
        self.next_event: Callable[[], float] = lambda: math.inf
        self.has_waits: Callable[[], bool] = lambda: False
        self.who_waits: Callable[[], str] = lambda: ""

    @property
    def elapsed(self) -> timedelta:
        """How much time has gone by since the start."""
        return timedelta(microseconds=self.gone // 1000)

    def now(self) -> float:
        return (self._start + self.gone) / _NANO

    def since_start(self, moment: float) -> int:
        """Return the nanoseconds from the start to a moment (seconds since the epoch), which is known to a few."""
        return round((moment - self._start / _NANO) * 1_000_000) * 1000

    def took(self, seconds: float) -> None:
        """A real step counts in whole seconds: less would make what a test sees depend on the machine's load."""
        self.go_to(self.gone + math.floor(seconds) * _NANO)

    def later(self, seconds: float, job: Callable[[], None]) -> None:
        """Have `job` called when so much time has gone by; it puts an answer in the queue that `get` looks at."""
        heapq.heappush(self._jobs, (self.gone + nanoseconds(seconds), next(self._numbers), job))

    def drop_jobs(self) -> None:
        """Forget what is to come: the process that would have done it has died."""
        self._jobs.clear()

    def get(self, answers: queue.SimpleQueue[T], left: float | None, most: float, flying: int) -> T:
        if self._jobs and self._jobs[0][0] <= self.gone:
            heapq.heappop(self._jobs)[2]()
        if not answers.empty():
            return answers.get_nowait()
        ahead = self._ahead()
        if flying > len(self._jobs):
            return self._flow(answers, min(ahead, most))
        if self.has_waits():
            try:
                return self._flow(answers, min(ahead, most if ahead <= _SHORT or ahead == math.inf else _SILENCE))
            except queue.Empty:
                if ahead <= _SHORT or ahead == math.inf:
                    raise
        moment = self._next()
        if moment == math.inf:
            raise Stuck(self.who_waits())
        self.go_to(int(moment))
        raise queue.Empty

    def _next(self) -> float:
        """Return when the next thing happens that is known to (nanoseconds since the start)."""
        return min(self.next_timer(), self._jobs[0][0] if self._jobs else math.inf, self.next_event())

    def _ahead(self) -> float:
        """Return how many seconds from now that is."""
        return max(0.0, (self._next() - self.gone) / _NANO)

    def _flow(self, answers: queue.SimpleQueue[T], seconds: float) -> T:
        """Wait really."""
        began = time.monotonic()
        try:
            return answers.get(timeout=seconds)
        finally:
            self.go_to(self.gone + round((time.monotonic() - began) * 1_000_000) * 1000)

    def go_to(self, moment: int) -> None:
        """Let it be so many nanoseconds after the start, at least."""
        self.gone = max(self.gone, moment)
        self._readings, self._stalled = 0, None

    # Readings of the program

    def reading(self, kind: str) -> Callable[[], Any] | None:
        """Return what gives the program's reading of a clock, None for what this clock does not know."""
        if kind == "time.time":
            return lambda: self._read() / _NANO
        if kind == "time.time_ns":
            return self._read
        if kind in _STEADY or kind in _STEADY_TOO:
            return lambda: self._read() - self._start + self._steady
        return None

    def _read(self) -> int:
        self._readings += 1
        if self._readings > _READINGS:
            before, self._stalled = self._stalled, time.monotonic()
            if before is not None:
                self.gone += round((self._stalled - before) * _NANO)
        return self._start + self.gone
