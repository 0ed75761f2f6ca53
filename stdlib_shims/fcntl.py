"""Locks on open files: what a run holds is taken again after a crash, before it does anything else to the world."""

from __future__ import annotations

import contextlib
import fcntl as _real
import functools
import threading
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.errors import ResourceLost
from durable.runner.run import Run
from durable.stdlib_shims._descriptors import Descriptor, table_of
from durable.stdlib_shims._probes import REPEAT

_flock, _lockf = _real.flock, _real.lockf
_NOW = _real.LOCK_NB


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


class _Held:
    """A lock: the call that takes it, on which file, and whether this process has it."""

    def __init__(self, file: Descriptor, call: Callable[..., Any], operation: int, place: tuple[int, ...]) -> None:
        self.file = file
        self._call = call
        self._operation = operation
        self._place = place
        self.is_mine = False

    @property
    def key(self) -> Any:
        """What is locked: another lock of the same takes the place of this one."""
        return self.file, self._call, self._place

    def take(self) -> None:
        """Take it, or give it back, as the program asked. Raise OSError."""
        self._call(self.file.synced(), self._operation, *self._place)
        self.is_mine = True

    def retake(self) -> None:
        """Take it again, waiting for whoever has it now; nobody can be kept out of a file that is gone."""
        if not self.is_mine and not self.file.is_closed:
            with contextlib.suppress(ResourceLost, OSError):
                self._call(self.file.synced(), self._operation & ~_NOW, *self._place)
            self.is_mine = True


class _Locks:
    """The locks that a run holds."""

    def __init__(self) -> None:
        self.held: dict[Any, _Held] = {}
        self._gate = context.unrecorded(threading.Lock)  # of the process: steps on several threads may begin at once

    def retake(self) -> None:
        """Take what an earlier process of the run held and this one does not."""
        with self._gate:
            for each in [*self.held.values()]:
                each.retake()

    def perform(self, run: Run, lock: _Held, operation: int, callee: str) -> None:
        """Take or give back a lock as a step."""
        run.step(lock.take, effect="write", callee=callee, probe=REPEAT)
        with self._gate:
            if operation & _real.LOCK_UN:
                self.held.pop(lock.key, None)
            else:
                self.held[lock.key] = lock


def _locks_of(run: Run) -> _Locks:
    def make() -> _Locks:
        locks = _Locks()
        hooks: list[Callable[[], None]] = run.local("step.hooks", list)
        hooks.append(locks.retake)
        return locks

    return run.local("fcntl.locks", make)


def _lock(call: Callable[..., Any], name: str, fd: Any, operation: Any, place: tuple[int, ...]) -> None:
    run = context.current()
    if run is None:
        call(fd, operation, *place)
        return
    number = fd if isinstance(fd, int) else fd.fileno()
    file = table_of(run).by_number.get(number)
    if file is None:
        run.step(call, number, operation, *place, effect="write", callee=f"fcntl.{name}")
    else:
        _locks_of(run).perform(run, _Held(file, call, operation, place), operation, f"fcntl.{name}")


@functools.wraps(_flock)
def flock(fd: Any, operation: Any, /) -> None:
    _lock(_flock, "flock", fd, operation, ())


@functools.wraps(_lockf)
def lockf(fd: Any, cmd: Any, len: int = 0, start: int = 0, whence: int = 0, /) -> None:
    _lock(_lockf, "lockf", fd, cmd, (len, start, whence))


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    real: Any = _real
    if real.flock is not flock:
        real.flock, real.lockf = flock, lockf
