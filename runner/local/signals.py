"""Signals of the operating system for a run: those that the program handles are noted here and taken as events.

Ctrl-C (SIGINT) is not among them: it interrupts the run, which can be resumed.
"""

from __future__ import annotations

import signal
import sys
from collections import deque
from typing import TYPE_CHECKING, Any

from durable.runner.engines.replay import Entry

if TYPE_CHECKING:
    from durable.runner.run import Run


class Signals:
    """Notes the signals that arrive for a run; `take` gives them out as entries, in order."""

    def __init__(self) -> None:
        self._watched: set[str] = set()
        self._arrived: deque[str] = deque()

    def watch(self, run: Run) -> None:
        """Start to note the signals for which the program has set a handler by now."""
        shim: Any = sys.modules.get("durable.stdlib_shims.signal")
        if shim is None:
            return
        for name in shim.handled(run) - self._watched:
            self._watched.add(name)
            if name != "SIGINT":
                signal.signal(signal.Signals[name], self._note)

    def _note(self, number: int, frame: object) -> None:
        self._arrived.append(signal.Signals(number).name)

    def take(self) -> Entry | None:
        """Return the entry of the oldest signal that was not taken yet, None if there is none."""
        return Entry("signal", -1, self._arrived.popleft(), "null") if self._arrived else None
