"""The clock of a run on Temporal: a function of its recorded events, so every replay reads the same times.

Each event carries the moment at which it was made; between two events every reading is a microsecond after the one
before. A program that only reads the clock (a busy loop) is given real time by a short pause after every 100 readings.
"""

from __future__ import annotations

_TICK = 1_000
_READINGS = 100
_FREE_PAUSES = 20
_LONGEST_PAUSE = 0.05


class Clock:
    """Nanoseconds since the epoch, strictly increasing."""

    def __init__(self, started: int) -> None:
        self._now = started
        self._readings = 0
        self._pauses = 0

    def set(self, now: int, is_pause: bool) -> None:
        """Take the moment of an event; `is_pause` says that it only ended a pause for this clock."""
        self._now = max(self._now, now)
        self._readings = 0
        if not is_pause:
            self._pauses = 0

    def read(self) -> int:
        self._now += _TICK
        self._readings += 1
        return self._now

    def wanted_pause(self) -> float | None:
        """Return for how many seconds the run should pause before it reads on, None if it need not."""
        if self._readings < _READINGS:
            return None
        self._pauses += 1
        return min(_LONGEST_PAUSE, 0.001 * max(0, self._pauses - _FREE_PAUSES))
