"""What a live child process writes into its pipes, and its end; used within steps only.

Bytes that were read stay until the run says that it knows them. So two steps that are under way at once (the one that
waits, one that sends a signal) may both report what the child has said, and neither record misses any of it.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
import weakref
from collections.abc import Collection, Mapping
from typing import Any

from durable.runner import context
from durable.stdlib_shims._sync import allocate_lock

_SIZE = 262_144
_NAMES = {1: "stdout", 2: "stderr"}
_write = os.write
News = tuple[list[list[Any]], int | None]
"""For each pipe of which there is something to say [number, offset, bytes, whether it has ended]; the exit code."""


class Differs(Exception):
    """A child that was started again says something else than the one before it."""


class Outlets:
    """The output pipes of a live child.

    `said` is what the child, or one before it that a crash has ended, has said to the run; it must say that again.
    `known`: how much of that the run knows, for each pipe whose end it does not know.
    """

    def __init__(self, live: subprocess.Popen[bytes], said: Mapping[int, bytearray]) -> None:
        self.live = live
        self._said = said
        self._files = {number: file for number, name in _NAMES.items() if (file := getattr(live, name)) is not None}
        self._starts = dict.fromkeys(self._files, 0)
        self._taken = {number: bytearray() for number in self._files}
        self._lock = allocate_lock()
        self._sleeper, self._waker = os.pipe()
        self._end = os.pidfd_open(live.pid)
        weakref.finalize(self, _close, self._sleeper, self._waker, self._end).atexit = False
        for fd in (self._sleeper, *(file.fileno() for file in self._files.values())):
            os.set_blocking(fd, False)

    def wait(self, wanted: Collection[int], known: Mapping[int, int], *, is_over: bool) -> News:
        """Wait until a `wanted` pipe says something, the child ends unless the run knows that, or `wake`: the news."""
        while True:
            news, code = self.news(known)
            if news or (code is not None and not is_over):
                return news, code
            if self._is_woken(wanted, None, is_over=is_over):
                return self.news(known)

    def signal(self, number: int, seconds: float, known: Mapping[int, int]) -> News:
        """Send the child a signal, wait for its end for `seconds` at most, return the news."""
        with self._lock:
            self.live.send_signal(number)
            self._look_for_end()
        until = time.monotonic() + seconds
        while self.live.returncode is None and (left := until - time.monotonic()) > 0:
            self._is_woken(self._files, left, is_over=False)
        return self.news(known)

    def wake(self) -> None:
        """Have the wait that is under way, or the next one, end."""
        _write(self._waker, b".")

    def close(self, number: int) -> None:
        """Close a pipe: what it may still say is lost."""
        with self._lock:
            self._shut(number)

    def news(self, known: Mapping[int, int]) -> News:
        """Return what the run does not know yet."""
        with self._lock:
            found = []
            for number, size in known.items():
                is_ended = self._files[number].closed
                if self._is_caught_up(number, size, is_ended) and (self._taken[number] or is_ended):
                    found.append([number, self._starts[number], bytes(self._taken[number]), is_ended])
            return found, self.live.returncode

    def _is_caught_up(self, number: int, size: int, is_ended: bool) -> bool:
        """Say whether the child has said what the run knows, and let go of that. Raise Differs."""
        taken, start = self._taken[number], self._starts[number]
        again = taken[: max(0, size - start)]
        self._starts[number] += len(again)
        is_behind = self._starts[number] < size
        if again != self._said[number][start : start + len(again)] or (is_behind and is_ended):
            raise Differs
        del taken[: len(again)]
        return not is_behind

    def _is_woken(self, wanted: Collection[int], seconds: float | None, *, is_over: bool) -> bool:
        """Take what comes next; say whether that was `wake`."""
        with selectors.DefaultSelector() as selector:
            if seconds is None:
                selector.register(self._sleeper, selectors.EVENT_READ)
            for number in wanted:
                with self._lock:
                    if not self._files[number].closed:
                        selector.register(self._files[number].fileno(), selectors.EVENT_READ, number)
            if not is_over:
                selector.register(self._end, selectors.EVENT_READ)
            ready = {key.fd: key.data for key, _ in selector.select(seconds)}
        with self._lock:
            for number in ready.values():
                if number is not None:
                    self._take(number)
            if self._end in ready:
                self._look_for_end()
            if self._sleeper in ready:
                os.read(self._sleeper, _SIZE)
        return self._sleeper in ready

    def _look_for_end(self) -> None:
        """Take all that the child has said, if it has ended."""
        if self.live.poll() is not None:
            for number in self._files:
                while self._take(number):
                    pass

    def _take(self, number: int) -> bool:
        """Read what is there; say whether there may be more."""
        file = self._files[number]
        if file.closed:
            return False
        try:
            data = os.read(file.fileno(), _SIZE)
        except BlockingIOError:
            return False
        self._taken[number] += data
        if not data:
            self._shut(number)
        return bool(data)

    def _shut(self, number: int) -> None:
        self._files[number].close()


def _close(*fds: int) -> None:
    with context.outside():
        for fd in fds:
            os.close(fd)
