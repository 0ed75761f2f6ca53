"""Locks whose waits suspend the strand and not the process: deterministic, first come first served.

A lock has a side for strands and a side for everything else (a step on a worker thread, code outside a run), which is a
real lock. The sides do not exclude each other: a strand's side depends on the program's order alone, so a replay, in
which no step runs, takes the same turns. A released lock goes straight to the strand that has waited longest.
"""

from __future__ import annotations

import _thread
from collections import deque
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.core.scheduler import Strand
from durable.runner.run import Run
from durable.stdlib_shims._strands import ident_of

allocate_lock = _thread.allocate_lock
allocate_rlock = _thread.RLock


class Turn:
    """A strand that waits for something: `given` says that it got it (then `item` is what it got)."""

    __slots__ = ("given", "item", "run", "strand")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.strand: Strand = run.strand
        self.given = False
        self.item: Any = None

    @property
    def is_interrupted(self) -> bool:
        """Say whether an exception is on its way to the strand, which then takes nothing any more."""
        return not self.strand.resume[0]


def give_turn(queue: deque[Turn], item: Any = None) -> bool:
    """Let the strand that has waited longest in `queue` go on with `item`; return False if there is none."""
    while queue and queue[0].is_interrupted:
        queue.popleft()
    if not queue:
        return False
    turn = queue[0]
    if context.current() is not turn.run and not is_over(turn.run):
        raise RuntimeError(outside_message(f"thread {turn.strand.name} waits for this"))
    queue.popleft()
    turn.item = item
    turn.given = True
    turn.run.unpark(turn.strand)
    return True


def is_over(run: Run) -> bool:
    """Say whether `run` executes no more, so that what is done to its locks does not matter."""
    return run.scheduler.stopped or run.is_finished


def outside_message(what: str) -> str:
    """Return the text of the error for a step which changes what the program's threads wait for."""
    return f"{what}; a step cannot hand it over, because a replay does not run the step: do it outside of steps"


def wait_turn(run: Run, queue: deque[Turn], timeout: float | None, undo: Callable[[Turn], None]) -> Turn:
    """Suspend the current strand in `queue` until its turn is given or `timeout` is over; return the turn.

    If the strand is interrupted after its turn was given, `undo` gives the turn back.
    """
    turn = Turn(run)
    queue.append(turn)
    try:
        run.park(timeout)
    except BaseException:
        if turn.given:
            undo(turn)
        raise
    finally:
        if turn in queue:
            queue.remove(turn)
    return turn


def checked_timeout(blocking: bool, timeout: float) -> float | None:
    """Return the seconds to wait (None: for ever, 0: not at all); raise what a real lock raises for bad values."""
    allocate_lock().acquire(blocking, timeout)
    if not blocking:
        return 0
    return None if timeout == -1 else timeout


class Lock:
    """A `_thread.lock` for strands. With `is_shared`, one for the process whose strand side is each run's own."""

    __slots__ = ("__weakref__", "_holder", "_locked", "_outside", "_run", "_turns")

    def __init__(self, is_shared: bool = False) -> None:
        self._run = None if is_shared else context.current()
        self._locked = False
        self._holder: Strand | None = None
        self._turns: deque[Turn] = deque()
        self._outside = allocate_lock()

    __class__: Any = property(lambda self: _thread.LockType)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        run = context.current()
        if run is None:
            return self._outside.acquire(blocking, timeout)
        seconds = None if blocking is True and timeout == -1 else checked_timeout(blocking, timeout)
        side = self._side(run)
        if not side._locked:
            side._locked = True
            side._holder = run.scheduler.current
            return True
        if seconds == 0:
            return False
        turn = wait_turn(run, side._turns, seconds, lambda turn: Lock._pass_on(side))
        if turn.given:
            side._holder = turn.strand
        return turn.given

    def release(self) -> None:
        run = context.current()
        if run is None:
            self._release_outside()
            return
        side = self._side(run)
        if not side._locked:
            raise RuntimeError("release unlocked lock")
        Lock._pass_on(side)

    def _release_outside(self) -> None:
        run = self._run
        if run is not None and self._locked and not self._outside.locked():
            if not is_over(run):
                raise RuntimeError(outside_message("this lock is held by a thread of the program"))
            self._locked = False
            return
        self._outside.release()

    def _pass_on(self) -> None:
        self._holder = None
        if not give_turn(self._turns):
            self._locked = False

    def _side(self, run: Run) -> Lock:
        return self if run is self._run else run.local(self, lambda: Lock())  # type: ignore[arg-type]

    def locked(self) -> bool:
        run = context.current()
        return self._outside.locked() or self._locked if run is None else self._side(run)._locked

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc: object) -> None:
        self.release()

    acquire_lock = acquire
    release_lock = release
    locked_lock = locked

    def _at_fork_reinit(self) -> None:
        self._outside = allocate_lock()
        self._locked = False

    def __repr__(self) -> str:
        return f"<{'locked' if self.locked() else 'unlocked'} _thread.lock object at {id(self):#x}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("cannot pickle '_thread.lock' object")


class RLock:
    """A `_thread.RLock` for strands."""

    __slots__ = ("__weakref__", "_block", "_count", "_outside", "_owner", "_run")

    def __init__(self) -> None:
        self._run = context.current()
        self._block = Lock()
        self._outside: Any = allocate_rlock()
        self._owner: int | None = None
        self._count = 0

    __class__: Any = property(lambda self: RLockType)

    def _side(self, run: Run) -> RLock:
        return self if run is self._run else run.local(self, lambda: RLock())  # type: ignore[arg-type]

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        run = context.current()
        if run is None:
            return bool(self._outside.acquire(blocking, timeout))
        side = self._side(run)
        me = ident_of(run, run.strand)
        if side._owner == me:
            side._count += 1
            return True
        got = side._block.acquire(blocking, timeout)
        if got:
            side._owner = me
            side._count = 1
        return got

    def release(self) -> None:
        run = context.current()
        if run is None:
            self._outside.release()
            return
        side = self._side(run)
        if side._owner != ident_of(run, run.strand):
            raise RuntimeError("cannot release un-acquired lock")
        side._count -= 1
        if not side._count:
            side._owner = None
            side._block.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc: object) -> None:
        self.release()

    # What Condition asks of its lock

    def _is_owned(self) -> bool:
        run = context.current()
        if run is None:
            return bool(self._outside._is_owned())
        return self._side(run)._owner == ident_of(run, run.strand)

    def _release_save(self) -> Any:
        run = context.current()
        if run is None:
            return self._outside._release_save()
        side = self._side(run)
        if not side._count:
            raise RuntimeError("cannot release un-acquired lock")
        state = side._count, side._owner
        side._count, side._owner = 0, None
        side._block.release()
        return state

    def _acquire_restore(self, state: Any) -> None:
        run = context.current()
        if run is None:
            self._outside._acquire_restore(state)
            return
        side = self._side(run)
        side._block.acquire()
        side._count, side._owner = state

    def _at_fork_reinit(self) -> None:
        self._outside = allocate_rlock()
        self._block._at_fork_reinit()
        self._owner, self._count = None, 0

    def __repr__(self) -> str:
        state = "locked" if self._count else "unlocked"
        return f"<{state} _thread.RLock object owner={self._owner or 0} count={self._count} at {id(self):#x}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("cannot pickle '_thread.RLock' object")


class _RLockMaker(type):
    """Makes a strand's lock when called within a run and a real one elsewhere; both count as instances."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return (allocate_rlock if context.current() is None else RLock)(*args, **kwargs)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, allocate_rlock) or type(instance) is RLock


class RLockType(metaclass=_RLockMaker):
    """What stands for the type `_thread.RLock`."""


RLockType.__name__ = RLockType.__qualname__ = "RLock"
RLockType.__module__ = "_thread"
