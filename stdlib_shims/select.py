"""Waiting for several sockets of a run at once; what is no socket of the run is looked at by a step, as before."""

from __future__ import annotations

import errno
import functools
import os
import select as _real
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims._descriptors import table_of
from durable.stdlib_shims._net_ends import READ, WRITE, End, network_of
from durable.stdlib_shims._net_objects import end_behind
from durable.stdlib_shims._net_waiting import Waiting
from durable.stdlib_shims._refused import refuse

_select, _poll, _epoll = _real.select, _real.poll, _real.epoll
_IN = _real.POLLIN | _real.POLLPRI | _real.POLLRDNORM
_OUT = _real.POLLOUT | _real.POLLWRNORM


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def wait_for(run: Run, wanted: dict[End, int], timeout: float | None) -> dict[End, int]:
    """Wait until one of `wanted` is ready, for at most `timeout` seconds; return those that are."""
    found = _ready(wanted)
    if found or (not wanted and timeout == 0):
        return found
    if timeout is not None and timeout <= 0:
        return _glanced(run, wanted)
    Waiting(run).wait(wanted, timeout)
    return _ready(wanted)


def _ready(wanted: dict[End, int]) -> dict[End, int]:
    return {end: end.ready() & mask for end, mask in wanted.items() if end.ready() & mask}


def _glanced(run: Run, wanted: dict[End, int]) -> dict[End, int]:
    """Look at what the outside can reach, without waiting."""
    outer = {end.number: (end, mask) for end, mask in wanted.items() if end.outside is not None and not end.is_inner}
    if not outer:
        return {}

    def look() -> list[list[int]]:
        poll = _poll()
        numbers: dict[int, int] = {}
        for number, (end, mask) in outer.items():
            assert end.outside is not None
            fd = end.outside.revived().fileno()
            numbers[fd] = number
            poll.register(fd, (_real.POLLIN if mask & READ else 0) | (_real.POLLOUT if mask & WRITE else 0))
        return [[numbers[fd], mask] for fd, mask in poll.poll(0)]

    for number, mask in run.step(look, effect="read", callee="select.poll"):
        end = outer[number][0]
        broken = mask & (_real.POLLERR | _real.POLLHUP)
        end.seen |= READ | WRITE if broken else (READ if mask & _IN else 0) | (WRITE if mask & _OUT else 0)
    return _ready(wanted)


@functools.wraps(_select)
def select(rlist: Any, wlist: Any, xlist: Any, timeout: float | None = None, /) -> Any:
    run = context.current()
    if run is None:
        return _select(rlist, wlist, xlist, timeout)
    lists = [list(each) for each in (rlist, wlist, xlist)]
    ends = [[_checked(item) for item in each] for each in lists]
    if not any(end is not None for each in ends for end in each):
        return _select_elsewhere(run, lists, timeout)
    if any(end is None for each in ends for end in each):
        refuse("select() of sockets and of other files at once", "use two threads")
    if timeout is not None and timeout < 0:
        raise ValueError("timeout must be non-negative")
    wanted: dict[End, int] = {}
    for each, mask in zip(ends, (READ, WRITE, 0), strict=True):
        for end in each:
            assert end is not None
            wanted[end] = wanted.get(end, 0) | mask
    ready = wait_for(run, wanted, timeout)
    return tuple(
        [item for item, end in zip(lists[at], ends[at], strict=True) if end is not None and ready.get(end, 0) & mask]
        for at, mask in enumerate((READ, WRITE, 0))
    )


def _checked(item: Any) -> End | None:
    if not isinstance(item, int) and not hasattr(item, "fileno"):
        raise TypeError("argument must be an int, or have a fileno() method.")
    end = end_behind(item)
    number = item if isinstance(item, int) else None if end is not None else item.fileno()
    if isinstance(number, int) and number < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({number})")
    return end


def _select_elsewhere(run: Run, lists: list[list[Any]], timeout: float | None) -> Any:
    table = table_of(run)
    numbers = [[table.resolved(item if isinstance(item, int) else item.fileno()) for item in each] for each in lists]

    def look() -> list[list[int]]:
        found = _select(numbers[0], numbers[1], numbers[2], timeout)
        return [[each.index(fd) for fd in ready] for each, ready in zip(numbers, found, strict=True)]

    found = run.step(look, effect="read", callee="select.select")
    return tuple([each[at] for at in indexes] for each, indexes in zip(lists, found, strict=True))


class Poll:
    """A `select.poll` object of a run."""

    _SECOND = 1000.0

    def __init__(self) -> None:
        self._masks: dict[int, int] = {}

    def register(self, fd: Any, eventmask: int = _real.POLLIN | _real.POLLPRI | _real.POLLOUT, /) -> None:
        self._masks[_number(fd)] = eventmask

    def modify(self, fd: Any, eventmask: int, /) -> None:
        number = _number(fd)
        if number not in self._masks:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._masks[number] = eventmask

    def unregister(self, fd: Any, /) -> None:
        del self._masks[_number(fd)]

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        seconds = None if timeout is None or timeout < 0 else timeout / self._SECOND
        return _polled(self._masks, seconds)


class epoll:
    """A `select.epoll` object of a run, level-triggered; a call outside of runs makes a real one."""

    fromfd = _epoll.fromfd

    def __new__(cls, sizehint: int = -1, flags: int = 0) -> Any:
        return _epoll(sizehint, flags) if context.current() is None else object.__new__(cls)

    def __init__(self, sizehint: int = -1, flags: int = 0) -> None:
        self._masks: dict[int, int] = {}
        self.closed = False

    def register(self, fd: Any, eventmask: int = _real.EPOLLIN | _real.EPOLLPRI | _real.EPOLLOUT) -> None:
        number = _number(fd)
        if number in self._masks:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        if eventmask & _real.EPOLLET:
            refuse("EPOLLET", "leave it out, and read until there is nothing left")
        self._masks[number] = eventmask

    def modify(self, fd: Any, eventmask: int) -> None:
        number = _number(fd)
        if number not in self._masks:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._masks[number] = eventmask

    def unregister(self, fd: Any) -> None:
        number = _number(fd)
        if number not in self._masks:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        del self._masks[number]

    def poll(self, timeout: float | None = None, maxevents: int = -1) -> list[tuple[int, int]]:
        if self.closed:
            raise ValueError("I/O operation on closed epoll object")
        seconds = None if timeout is None or timeout < 0 else timeout
        found = _polled(self._masks, seconds)[: maxevents if maxevents > 0 else None]
        for number, _ in found:
            if self._masks[number] & _real.EPOLLONESHOT:
                self._masks[number] = _real.EPOLLONESHOT
        return found

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> epoll:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _number(fd: Any) -> int:
    number = fd if isinstance(fd, int) else fd.fileno() if hasattr(fd, "fileno") else None
    if number is None:
        raise TypeError("argument must be an int, or have a fileno() method.")
    if number < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({number})")
    return int(number)


def _polled(masks: dict[int, int], seconds: float | None) -> list[tuple[int, int]]:
    run = context.current()
    if run is None:
        raise RuntimeError("a step uses a poll object of the program; use it outside of steps")
    found = network_of(run).by_number
    ends = {number: end for number in masks if (end := found.get(number)) is not None}
    others = [number for number in masks if number not in ends]
    gone = [(number, _real.POLLNVAL) for number in others if number not in table_of(run).by_number and number > 9999]
    if gone:
        return gone
    if others and ends:
        refuse("waiting for sockets and for other files at once", "use two threads")
    if others:
        return _polled_elsewhere(run, masks, seconds)
    wanted = {end: _wanted(masks[number]) for number, end in ends.items()}
    ready = wait_for(run, wanted, seconds)
    return [(end.number, _events(mask)) for end, mask in ready.items()]


def _wanted(mask: int) -> int:
    return (READ if mask & _IN else 0) | (WRITE if mask & _OUT else 0)


def _events(ready: int) -> int:
    return (_real.POLLIN if ready & READ else 0) | (_real.POLLOUT if ready & WRITE else 0)


def _polled_elsewhere(run: Run, masks: dict[int, int], seconds: float | None) -> list[tuple[int, int]]:
    table = table_of(run)
    numbers = {table.resolved(number): number for number in masks}

    def look() -> list[list[int]]:
        poll = _poll()
        for fd, number in numbers.items():
            poll.register(fd, masks[number])
        return [[numbers[fd], mask] for fd, mask in poll.poll(None if seconds is None else seconds * 1000)]

    return [(number, mask) for number, mask in run.step(look, effect="read", callee="select.poll")]


def poll() -> Any:
    """Return an object to wait for several files with."""
    return _poll() if context.current() is None else Poll()


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    real: Any = _real
    if real.select is not select:
        real.select, real.poll, real.epoll = select, poll, epoll
