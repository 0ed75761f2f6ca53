"""The clock that the local engine goes by: the machine's, unless somebody drives a run faster than time."""

from __future__ import annotations

import queue
import time
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        ...

    def took(self, seconds: float) -> None:
        """Hear that a step which nothing else could overtake has taken so long."""
        ...

    def get(self, answers: queue.SimpleQueue[T], left: float | None, most: float, flying: int) -> T:
        """Return what comes until the next timer is due, `left` seconds from now, or for `most` seconds.

        `flying` is the number of steps under way, which will come. Raise queue.Empty.
        """
        ...


class RealClock:
    """The machine's."""

    def now(self) -> float:
        return time.time()

    def took(self, seconds: float) -> None:
        pass

    def get(self, answers: queue.SimpleQueue[T], left: float | None, most: float, flying: int) -> T:
        return answers.get(timeout=max(0.0, most if left is None else min(left, most)))


REAL = RealClock()
