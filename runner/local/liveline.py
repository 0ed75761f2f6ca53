"""The line at the bottom of a terminal that says what a run is doing: on stderr, gone when the run says something."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from durable.runner.core.messages import AskPrompt, Perform, Request, StartTimer

_FD = 2
_TICK = 0.2
_QUIET = 0.4
"""Seconds without output before the line is drawn: it must not flicker between lines of output."""
_WIPE = b"\r\x1b[2K"
_active: list[LiveLine] = []


class Doing(NamedTuple):
    """What a run is doing: how many requests were answered, those that are open, and when its timers are due."""

    answered: int
    open: tuple[Request, ...]
    until: dict[int, float]


class LiveLine:
    """Draws the line from a thread of its own until `stop`. `doing()` is called from that thread."""

    def __init__(self, doing: Callable[[], Doing]) -> None:
        self._doing = doing
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._is_drawn = False
        self._is_at_start = True
        self._spoken = time.monotonic()
        self._since: dict[int, float] = {}

    def start(self) -> None:
        _active.append(self)
        threading.Thread(target=self._work, name="durable-line", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        with self._lock:
            self._wipe()
        if self in _active:
            _active.remove(self)

    @contextmanager
    def away(self, data: bytes = b"") -> Iterator[None]:
        """Inside the block the line is not there; `data` is what goes to the terminal meanwhile."""
        with self._lock:
            self._wipe()
            yield
            self._spoken = time.monotonic()
            self._is_at_start = not data or data.endswith(b"\n")

    def _work(self) -> None:
        while not self._stopped.wait(_TICK):
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        """Draw the line unless the program has just spoken, or has begun a line that must stay."""
        if self._stopped.is_set() or not self._is_at_start or time.monotonic() - self._spoken < _QUIET:
            return
        doing = self._doing()
        self._since = {request.seq: self._since.get(request.seq, time.time()) for request in doing.open}
        text = as_text(doing, self._since, time.time())[: _width() - 1]
        self._is_drawn = True
        _write(_WIPE + b"\x1b[2m" + text.encode() + b"\x1b[0m")

    def _wipe(self) -> None:
        if self._is_drawn:
            self._is_drawn = False
            _write(_WIPE)


def wipe() -> None:
    """Take away the line that is drawn, from a signal handler."""
    for line in _active:
        line._wipe()


def as_text(doing: Doing, since: dict[int, float], now: float) -> str:
    """Return the line: the counter, then each open request with the time that it takes or that is left."""
    parts = [f"durable: {doing.answered} step{'' if doing.answered == 1 else 's'}"]
    parts += [_phrase(request, doing, since, now) for request in doing.open[:3]]
    if len(doing.open) > 3:
        parts.append(f"and {len(doing.open) - 3} more")
    return " · ".join(parts if doing.open else [*parts, "computing"])


def _phrase(request: Request, doing: Doing, since: dict[int, float], now: float) -> str:
    if isinstance(request, Perform):
        site = request.call.site
        return f"{site.callee} {_place(site.file, site.line)} {_span(now - since.get(request.seq, now))}"
    if isinstance(request, StartTimer):
        site_ = request.site
        left = doing.until.get(request.seq, now + request.seconds) - now
        return f"{_span(left)} left{' at ' + _place(site_.file, site_.line) if site_ is not None else ''}"
    return f"asks {request.text.strip()!r}" if isinstance(request, AskPrompt) else ""


def _place(file: str, line: int) -> str:
    return f"{os.path.basename(file)}:{line}"


def _span(seconds: float) -> str:
    """Return a length of time as people write it: 3s, 4m 10s, 2h 03m, 5d 2h."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86400}d {whole % 86400 // 3600}h"


def _width() -> int:
    try:
        return os.get_terminal_size(_FD).columns or 80
    except OSError:
        return 80


def _write(data: bytes) -> None:
    with suppress(OSError):
        os.write(_FD, data)
