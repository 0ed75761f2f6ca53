"""Pipes between the processes of a run: bytes in the run's memory, which a replay sends again.

Each process has a table of the ends that it holds; a fork gives the child the same ends. An end that no process holds
any more is closed: then its readers see the end of the data, its writers a broken pipe.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import _fork_copy
from durable.stdlib_shims._files import is_collecting
from durable.stdlib_shims._sync import Turn

_FIRST_NUMBER = 1 << 20
_CAPACITY = 65_536
_PATIENCE = 100


class Flow:
    """What goes one way through a pipe."""

    __slots__ = ("data", "readers", "waiting", "writers")

    def __init__(self) -> None:
        self.data = bytearray()
        self.readers = 0
        self.writers = 0
        self.waiting: list[Turn] = []

    def changed(self) -> None:
        """Let those who wait for something to happen here look again."""
        for turn in self.waiting:
            if not turn.given and not turn.is_interrupted:
                turn.given = True
                turn.run.unpark(turn.strand)


class End:
    """One end of a pipe: it reads from `source` and writes to `sink`, where it has them."""

    __slots__ = ("holders", "sink", "source")

    def __init__(self, source: Flow | None, sink: Flow | None) -> None:
        self.source = source
        self.sink = sink
        self.holders = 0

    def hold(self) -> None:
        self.holders += 1
        if self.holders == 1:
            self._count(1)

    def drop(self) -> None:
        self.holders -= 1
        if not self.holders:
            self._count(-1)
            for flow in (self.source, self.sink):
                if flow is not None:
                    flow.changed()

    def _count(self, change: int) -> None:
        if self.source is not None:
            self.source.readers += change
        if self.sink is not None:
            self.sink.writers += change

    @property
    def is_readable(self) -> bool:
        """Say whether a read would not wait."""
        return self.source is not None and (bool(self.source.data) or not self.source.writers)

    def read(self, run: Run, size: int) -> bytes:
        """Return at most `size` bytes, at least one; none at the end of the data."""
        source = self.source
        if source is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        wait_until(run, lambda: self.is_readable, (source,))
        data = bytes(source.data[:size])
        del source.data[:size]
        if data:
            source.changed()
        return data

    def write(self, run: Run, data: Any) -> int:
        """Write some of `data` when there is room; return how much."""
        sink = self.sink
        if sink is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        wait_until(run, lambda: len(sink.data) < _CAPACITY or not sink.readers, (sink,))
        if not sink.readers:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        part = bytes(data[: _CAPACITY - len(sink.data)])
        sink.data += part
        sink.changed()
        return len(part)


def wait_until(run: Run, is_so: Callable[[], bool], flows: Iterable[Flow], timeout: float | None = None) -> bool:
    """Suspend the current strand until `is_so()`, which depends on `flows`; return False if `timeout` was over."""
    from durable.stdlib_shims.threading import monotonic

    if is_so():
        run.strand.local.pop("patience", None)
        return True
    if timeout is not None and timeout <= 0:
        be_patient(run)
        return is_so()
    deadline = None if timeout is None else monotonic() + timeout
    while not is_so():
        left = None if deadline is None else deadline - monotonic()
        if left is not None and left <= 0:
            return False
        turn = Turn(run)
        for flow in flows:
            flow.waiting.append(turn)
        try:
            run.park(left)
        finally:
            for flow in flows:
                flow.waiting.remove(turn)
    return True


def be_patient(run: Run) -> None:
    """Let the other strands go on, for this one looks and does not wait; one that only ever looks sleeps a little."""
    strand, scheduler = run.strand, run.scheduler
    count = strand.local["patience"] = strand.local.get("patience", 0) + 1
    if count % _PATIENCE == 0:
        run.sleep(0.01)
    else:
        scheduler.wake(strand)
        scheduler.block()


class Handle(int):
    """The number of an end in a process's table; it stands where plain Python has a file descriptor."""

    ends: Ends

    def __index__(self) -> Handle:
        return self

    @property
    def end(self) -> End:
        found = self.ends.by_number.get(int(self))
        if found is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return found

    def close(self) -> None:
        if is_collecting() or context.current() is None:
            return
        end = self.ends.by_number.pop(int(self), None)
        if end is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        end.drop()


class Ends:
    """The ends of pipes that one process holds, by number."""

    def __init__(self) -> None:
        self.by_number: dict[int, End] = {}

    def add(self, run: Run, end: End) -> Handle:
        """Hold `end` under a new number."""
        state = run.local("pipes", lambda: [_FIRST_NUMBER])
        number, state[0] = state[0], state[0] + 1
        end.hold()
        self.by_number[number] = end
        return self.handle(number)

    def handle(self, number: int) -> Handle:
        handle = Handle(number)
        handle.ends = self
        return handle

    def forked(self, copier: _fork_copy.Copier) -> Ends:
        """Return a child's table, which holds the same ends."""
        child = copier.note(self, Ends())
        for number, end in self.by_number.items():
            end.hold()
            child.by_number[number] = end
        return child  # type: ignore[no-any-return]

    def close_all(self) -> None:
        while self.by_number:
            self.by_number.popitem()[1].drop()


def _copied_handle(copier: _fork_copy.Copier, handle: Handle) -> Handle:
    ends: Ends = copier.copy(handle.ends)
    return ends.handle(int(handle))


_fork_copy.HANDLERS[Handle] = _copied_handle
_fork_copy.HANDLERS[Ends] = lambda copier, ends: ends


def make_pipe(run: Run, duplex: bool) -> tuple[Handle, Handle]:
    """Return the two ends of a new pipe, held by the process that executes; the first reads, the second writes."""
    ends = ends_of(run)
    there, back = Flow(), Flow() if duplex else None
    return ends.add(run, End(there, back)), ends.add(run, End(back, there))


def ends_of(run: Run) -> Ends:
    """Return the table of the process that executes."""
    from durable.stdlib_shims._processes import processes_of

    return processes_of(run).here.ends


def wait_readable(run: Run, handles: Iterable[Handle], timeout: float | None) -> list[bool]:
    """Wait until one of `handles` can be read without waiting; say of each whether it can."""
    ends = [handle.end for handle in handles]
    flows = list({id(end.source): end.source for end in ends if end.source is not None}.values())
    wait_until(run, lambda: any(end.is_readable for end in ends), flows, timeout)
    return [end.is_readable for end in ends]


def in_run(handle: Any) -> Run | None:
    """Return the run that executes if `handle` is one of its pipes."""
    return context.current() if isinstance(handle, Handle) else None
