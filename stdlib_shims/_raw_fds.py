"""`os.open` and what works on descriptors: numbers that stay good after a crash, as the run knows what they are."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.core.call import Probe
from durable.runner.run import Run
from durable.stdlib_shims._descriptors import Appended, Descriptor, table_of
from durable.stdlib_shims._machinery import caller, is_machinery
from durable.stdlib_shims._probes import REPEAT, Made, place

_open, _close, _read, _write, _lseek = os.open, os.close, os.read, os.write, os.lseek
_pipe, _pipe2, _dup, _isatty, _fdopen = os.pipe, os.pipe2, os.dup, os.isatty, os.fdopen
_STREAMS = (0, 1, 2)


@functools.wraps(_open)
def open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    run = context.current()
    if run is None or is_machinery(caller()):
        return _open(path, flags, mode, dir_fd=dir_fd)
    if dir_fd is not None:
        opening = table_of(run).calling(_open)
        return _entered(run, Descriptor(None, flags), opening, (path, flags, mode), {"dir_fd": dir_fd})
    descriptor = Descriptor(place(path), flags)
    probe: Probe | None = REPEAT
    if flags & os.O_CREAT and flags & os.O_EXCL:
        probe = Made(place(path), -1)
    return _entered(run, descriptor, _open, (path, flags, mode), {}, probe)


def _entered(
    run: Run, file: Descriptor, opening: Any, args: Any, names: dict[str, Any], probe: Probe | None = None
) -> int:
    """Open `file` as a step and enter it into the run's table under the number that it got."""

    def begin() -> list[Any]:
        file.live = opening(*args, **names)
        return [file.live, *file.describe(None, -1)]

    is_read = file.flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC) == 0
    found = run.step(begin, effect="read" if is_read else "write", callee="os.open", probe=_opened(file, probe))
    return enter(run, file, found)


class _Opened:
    """Whether an exclusive `os.open` made its file: then it is opened as it is."""

    def __init__(self, file: Descriptor, made: Made) -> None:
        self._file = file
        self._made = made

    def note(self) -> Any:
        return self._made.note()

    def settle(self, note: Any) -> Any:
        found = self._made.settle(note)
        if found.state != "done":
            return found
        return type(found)("done", [self._file.fd(), *self._file.describe(None, -1)])


def _opened(file: Descriptor, probe: Probe | None) -> Probe | None:
    return _Opened(file, probe) if isinstance(probe, Made) else probe


def enter(run: Run, file: Descriptor, found: list[Any]) -> int:
    """Enter an opened file into the run's table; return its number."""
    number, *facts = found
    file.begun(facts)
    table = table_of(run)
    file.number = number
    table.by_number[number] = file
    return int(number)


@functools.wraps(_close)
def close(fd: int) -> None:
    run = context.current()
    file = None if run is None else table_of(run).by_number.pop(fd, None)
    if run is None or (file is None and fd in _STREAMS):
        _close(fd)
    elif file is None and fd in _copies(run).streams:
        _copies(run).close(fd)
    elif file is None:
        run.step(_close, fd, effect="write", callee="os.close")
    else:
        file.is_closed = True
        file.release()


@functools.wraps(_read)
def read(fd: int, length: int, /) -> bytes:
    run = context.current()
    if run is None:
        return _read(fd, length)
    file = table_of(run).by_number.get(fd)
    if file is None:
        if fd == 0:
            import sys

            stdin: Any = sys.__stdin__
            return bytes(stdin.buffer.raw.read(length))
        return run.step(_read, fd, length, effect="read", callee="os.read")
    data, _ = run.step(file.read, length, file.offset, effect="read", callee="os.read")
    file.offset += len(data)
    return bytes(data)


@functools.wraps(_write)
def write(fd: int, data: Any, /) -> int:
    run = context.current()
    if run is None:
        return _write(fd, data)
    body = bytes(data)
    file = table_of(run).by_number.get(fd)
    if file is None:
        stream = _stream(run, fd)
        if stream in (1, 2):
            run.host.emit(stream, body)
            return len(body)
        return run.step(_write, fd, body, effect="write", callee="os.write")
    if not file.is_regular:
        return run.step(file.write, body, effect="write", callee="os.write")
    if file.appends:
        file.offset = run.step(file.append, body, effect="write", callee="os.write", probe=Appended(file, body))
        return len(body)
    file.offset += run.step(file.write_at, body, file.offset, effect="write", callee="os.write", probe=REPEAT)
    return len(body)


@functools.wraps(_lseek)
def lseek(fd: int, position: int, how: int, /) -> int:
    run = context.current()
    if run is None:
        return _lseek(fd, position, how)
    file = table_of(run).by_number.get(fd)
    if file is None:
        return run.step(_lseek, fd, position, how, effect="write", callee="os.lseek")
    seeking = table_of(run).calling(_lseek)
    file.offset = run.step(seeking, fd, position, how, effect="read", callee="os.lseek")
    return file.offset


@functools.wraps(_isatty)
def isatty(fd: int, /) -> bool:
    run = context.current()
    if run is None:
        return _isatty(fd)
    file = table_of(run).by_number.get(fd)
    if file is not None:
        return file.is_tty
    stream = _stream(run, fd)
    return run.spec.tty[stream] if stream is not None else run.step(_isatty, fd, effect="read", callee="os.isatty")


def _piping(real: Callable[..., tuple[int, int]], callee: str) -> Callable[..., tuple[int, int]]:
    @functools.wraps(real)
    def pipe(*args: Any) -> tuple[int, int]:
        run = context.current()
        if run is None:
            return real(*args)
        ends = (Descriptor(None, os.O_RDONLY), Descriptor(None, os.O_WRONLY))

        def begin() -> list[list[Any]]:
            for end, fd in zip(ends, real(*args), strict=True):
                end.live = fd
            return [[end.live, *end.describe(None, -1)] for end in ends]

        found = run.step(begin, effect="write", callee=callee, probe=REPEAT)
        for end in ends:
            end.is_lost = True
        first, second = (enter(run, end, facts) for end, facts in zip(ends, found, strict=True))
        return first, second

    return pipe


pipe = _piping(_pipe, "os.pipe")
pipe2 = _piping(_pipe2, "os.pipe2")


class _Copies:
    """Descriptors that are copies of the program's streams: which stream each is, and those made in this process."""

    def __init__(self) -> None:
        self.streams: dict[int, int] = {}
        self.live: set[int] = set()

    def copy(self, run: Run, fd: int) -> int:
        stream = self.streams.get(fd, fd)

        def begin() -> int:
            spare = []
            while (made := _dup(stream)) in self.streams:  # the number of one that a crash has closed
                spare.append(made)
            for number in spare:
                _close(number)
            self.live.add(made)
            return made

        number = run.step(begin, effect="read", callee="os.dup")
        self.streams[number] = stream
        return number

    def close(self, fd: int) -> None:
        del self.streams[fd]
        if fd in self.live:
            self.live.remove(fd)
            _close(fd)


def _copies(run: Run) -> _Copies:
    return run.local("streams.copies", _Copies)


def _stream(run: Run, fd: int) -> int | None:
    """Return which of the program's streams `fd` is or is a copy of, None for any other descriptor."""
    return fd if fd in _STREAMS else _copies(run).streams.get(fd)


def _dup_in_step(run: Run, fd: int) -> int:
    return run.step(_dup, fd, effect="write", callee="os.dup")


@functools.wraps(_dup)
def dup(fd: int, /) -> int:
    run = context.current()
    file = None if run is None else table_of(run).by_number.get(fd)
    if run is None:
        return _dup(fd)
    if file is None:
        return _copies(run).copy(run, fd) if _stream(run, fd) is not None else _dup_in_step(run, fd)
    copy = Descriptor(file.path, file.flags)

    def begin() -> list[Any]:
        copy.live = _dup(file.synced())
        return [copy.live, *copy.describe(None, -1)]

    number = enter(run, copy, run.step(begin, effect="read", callee="os.dup"))
    copy.offset = file.offset
    return number


@functools.wraps(_fdopen)
def fdopen(fd: int, mode: str = "r", buffering: int = -1, encoding: Any = None, *args: Any, **kwargs: Any) -> Any:
    from durable.stdlib_shims.io import open as open_file

    if not isinstance(fd, int):
        raise TypeError(f"invalid fd type ({type(fd)}, expected integer)")
    if context.current() is None:
        return _fdopen(fd, mode, buffering, encoding, *args, **kwargs)
    return open_file(fd, mode, buffering, encoding, *args, **kwargs)
