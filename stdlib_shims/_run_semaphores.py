"""Semaphores between the processes of a run: first come first served, like the locks between its threads."""

from __future__ import annotations

import itertools
from collections import deque

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import _fork_copy
from durable.stdlib_shims._run_pipes import be_patient
from durable.stdlib_shims._strands import ident_of
from durable.stdlib_shims._sync import Turn, allocate_rlock, give_turn, wait_turn

_RECURSIVE = 0


class Semaphore:
    """What all processes that know a semaphore share."""

    __slots__ = ("number", "outside", "turns", "value")

    def __init__(self, number: int, value: int) -> None:
        self.number = number
        self.value = value
        self.turns: deque[Turn] = deque()
        self.outside = allocate_rlock()

    def give(self) -> None:
        if not give_turn(self.turns):
            self.value += 1


def _semaphores(run: Run) -> dict[int, Semaphore]:
    return run.local("multiprocessing.semaphores", dict)


class SemLock:
    """A `_multiprocessing.SemLock` as one process has it: it knows how often it holds it, and in which thread."""

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
        run = context.current()
        assert run is not None
        if not 0 <= value <= maxvalue or kind not in (0, 1):
            raise ValueError("invalid value")
        count = run.local("multiprocessing.count", itertools.count)
        semaphore = _semaphores(run)[next(count)] = Semaphore(len(_semaphores(run)), value)
        self._set(semaphore, kind, maxvalue, None if unlink else name)

    def _set(self, semaphore: Semaphore, kind: int, maxvalue: int, name: str | None) -> None:
        self._semaphore = semaphore
        self.handle = semaphore.number
        self.kind = kind
        self.maxvalue = maxvalue
        self.name = name
        self._held = 0
        self._owner: int | None = None

    @classmethod
    def _rebuild(cls, handle: int, kind: int, maxvalue: int, name: str | None) -> SemLock:
        run = context.current()
        assert run is not None
        made = cls.__new__(cls)
        made._set(_semaphores(run)[handle], kind, maxvalue, name)
        return made

    def _after_fork(self) -> None:
        self._held = 0

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        run = context.current()
        if run is None:
            return self._semaphore.outside.acquire(block, -1 if timeout is None else timeout)
        me = ident_of(run, run.strand)
        if self.kind == _RECURSIVE and self._held and self._owner == me:
            self._held += 1
            return True
        semaphore = self._semaphore
        if semaphore.value > 0:
            semaphore.value -= 1
            run.strand.local.pop("patience", None)
        elif not block or (timeout is not None and timeout <= 0):
            be_patient(run)
            if semaphore.value <= 0:
                return False
            semaphore.value -= 1
        elif not wait_turn(run, semaphore.turns, timeout, lambda turn: semaphore.give()).given:
            return False
        self._held += 1
        self._owner = me
        return True

    def release(self) -> None:
        run = context.current()
        if run is None:
            self._semaphore.outside.release()
            return
        if self.kind == _RECURSIVE:
            if not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
            if self._held > 1:
                self._held -= 1
                return
        elif self._semaphore.value >= self.maxvalue:
            raise ValueError("semaphore or lock released too many times")
        self._held -= 1
        self._semaphore.give()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc: object) -> None:
        self.release()

    def _count(self) -> int:
        return self._held

    def _is_mine(self) -> bool:
        run = context.current()
        return self._held > 0 and run is not None and self._owner == ident_of(run, run.strand)

    def _get_value(self) -> int:
        return self._semaphore.value

    def _is_zero(self) -> bool:
        return self._semaphore.value == 0


def _copied(copier: _fork_copy.Copier, lock: SemLock) -> SemLock:
    made = SemLock.__new__(SemLock)
    vars(made).update(vars(lock))
    return made


_fork_copy.HANDLERS[SemLock] = _copied
