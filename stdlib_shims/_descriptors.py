"""Open files of a run: what they are is kept in the run, the live descriptor only in the process.

A descriptor that was lost with its process is opened again on first use, without creating or truncating anything. The
position is the run's, so an operation on a regular file can be repeated.
"""

from __future__ import annotations

import errno
import fcntl
import io
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from durable.runner import context
from durable.runner.core.call import UNDONE, UNKNOWN, Settled
from durable.runner.errors import ResourceLost
from durable.runner.run import Run

_open, _close, _read, _write = os.open, os.close, os.read, os.write
_pread, _pwrite, _lseek, _fstat = os.pread, os.pwrite, os.lseek, os.fstat
_isatty = os.isatty

_ONCE = os.O_CREAT | os.O_EXCL | os.O_TRUNC
AHEAD = 128 * 1024
"""How many bytes of a regular file are read when it is opened."""


@dataclass(eq=False)
class Descriptor:
    """One open file. `path` is absolute, None for what has none (a pipe); `offset` counts for regular files.

    Once it was lent to a child process (`lends` times) the kernel's position counts; `is_given` says that a step asked
    for the number, `is_closed` that the program closed it. `doubted` is what a step in doubt had appended before the
    crash: appended again, it is known and not written twice.

    The methods that touch the file are to be called within steps.
    """

    path: Any
    flags: int
    number: int | None = None
    live: int | None = None
    is_regular: bool = False
    is_seekable: bool = False
    is_tty: bool = False
    is_lost: bool = False
    lends: int = 0
    is_given: bool = False
    is_closed: bool = False
    doubted: bytes = b""
    offset: int = 0

    @property
    def appends(self) -> bool:
        return bool(self.flags & os.O_APPEND)

    @property
    def is_lent(self) -> bool:
        return self.lends > 0

    @property
    def is_written(self) -> bool:
        return bool(self.flags & (os.O_WRONLY | os.O_RDWR))

    def begin(self, path: Any, mode: int, ahead: int) -> list[Any]:
        """Open `path` for the first time; return what the run must know: kind, end of an appended file, first bytes."""
        self.live = _open(path, self.flags | os.O_CLOEXEC, mode)
        return self.describe(path, ahead)

    def describe(self, name: Any, ahead: int) -> list[Any]:
        """Return [is regular, is seekable, is a terminal, position, first bytes or None, whether these are all]."""
        fd = self.fd()
        status = _fstat(fd)
        if stat.S_ISDIR(status.st_mode) and self.flags >= 0 and not self.flags & os.O_DIRECTORY and ahead >= 0:
            self.release()
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        is_regular = stat.S_ISREG(status.st_mode)
        at = _position(fd)
        if is_regular and self.appends:
            at = _lseek(fd, 0, os.SEEK_END)
        first, is_all = self.read(ahead, at or 0) if is_regular and ahead > 0 else (None, False)
        return [is_regular, at is not None, _isatty(fd), at or 0, first, is_all]

    def begun(self, found: list[Any]) -> None:
        """Take what `begin` or `describe` found (its decoded record)."""
        self.is_regular, self.is_seekable, self.is_tty, self.offset = found[:4]

    def fd(self) -> int:
        """Return the live descriptor, opened again if it was lost. Raise ResourceLost."""
        if self.live is None:
            if self.is_lost or self.path is None:
                raise ResourceLost("a pipe or other nameless file was lost in a crash and cannot be opened again")
            try:
                self.live = self._at_number(_open(self.path, self.flags & ~_ONCE | os.O_CLOEXEC))
                if self.is_regular:
                    is_at_end = self.is_lent and self.is_written
                    _lseek(self.live, 0 if is_at_end else self.offset, os.SEEK_END if is_at_end else os.SEEK_SET)
            except OSError as error:
                text = f"the file {os.fsdecode(self.path)!r}, open at a crash, cannot be opened again: {error.strerror}"
                raise ResourceLost(text) from error
        return self.live

    def _at_number(self, fd: int) -> int:
        """Move `fd` to the number that the program knows, if that is free in this process."""
        number = self.number
        if number is None or number == fd:
            return fd
        copy = int(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, number))  # the number itself only if nobody has it
        _close(fd if copy == number else copy)
        return copy if copy == number else fd

    def synced(self) -> int:
        """Return the live descriptor with the kernel's position set to the run's, for others to use."""
        fd = self.fd()
        if self.is_regular and not self.appends and not self.is_lent:
            _lseek(fd, self.offset, os.SEEK_SET)
        return fd

    def give(self) -> int:
        """Return the live descriptor to what runs in a step, which may move its position."""
        fd = self.synced()
        self.is_given = True
        return fd

    def lend(self) -> None:
        """Let a child process share the position from now on (called by the program's strand, before the step)."""
        if self.is_regular:
            if not self.is_lent and self.live is not None and not self.appends:
                _lseek(self.live, self.offset, os.SEEK_SET)
            self.lends += 1

    def mark(self) -> list[int] | None:
        """Return the size and the kernel's position of a regular file, None for another."""
        fd = self.fd()
        return [_fstat(fd).st_size, _lseek(fd, 0, os.SEEK_CUR)] if self.is_regular else None

    def rewind(self, mark: list[int]) -> None:
        """Go back to a size and position; what was written since is cut off."""
        fd, (size, position) = self.fd(), mark
        if self.is_written:
            self.truncate(size)
        _lseek(fd, position, os.SEEK_SET)

    def moved_to(self) -> int:
        """Return the position after a step, which the step may have moved through the descriptor."""
        if self.is_given and self.live is not None and self.is_regular:
            self.offset = _lseek(self.live, 0, os.SEEK_CUR)
        self.is_given = False
        return self.offset

    def read(self, size: int, offset: int) -> tuple[bytes, bool]:
        """Return up to `size` bytes and whether the file ends after them."""
        fd = self.fd()
        if self.is_lent or (not self.is_regular and not stat.S_ISREG(_fstat(fd).st_mode)):
            data = _read(fd, size)
            return data, not data
        data = _pread(fd, size, offset)
        return data, len(data) < size and not _pread(fd, 1, offset + len(data))

    def read_all(self, offset: int) -> bytes:
        """Return everything from `offset` to the end."""
        pieces: list[bytes] = []
        while True:
            data, _ = self.read(1 << 20, offset)
            if not data:
                return b"".join(pieces)
            pieces.append(data)
            offset += len(data)

    def write_at(self, data: bytes, offset: int) -> int:
        """Write all of `data` at `offset`; return its length."""
        fd, view = self.fd(), memoryview(data)
        while view:
            written = _pwrite(fd, view, offset)
            view, offset = view[written:], offset + written
        return len(data)

    def append(self, data: bytes) -> int:
        """Write all of `data` at the end; return the position after it."""
        self.write(data)
        return _lseek(self.fd(), 0, os.SEEK_CUR)

    def append_in_step(self, data: bytes) -> int:
        """Append what is not there already by the same step before a crash; return the position after it."""
        if self.doubted.startswith(data):
            self.doubted = self.doubted[len(data) :]
            return self.size() - len(self.doubted)
        is_begun, begun = data.startswith(self.doubted), len(self.doubted)
        self.doubted = b""
        return self.append(data[begun:] if is_begun else data)

    def write(self, data: bytes) -> int:
        """Write all of `data` to a file that has no positions."""
        fd, view = self.fd(), memoryview(data)
        while view:
            view = view[_write(fd, view) :]
        return len(data)

    def size(self) -> int:
        """Return the position of the end."""
        return _lseek(self.fd(), 0, os.SEEK_END)

    def truncate(self, size: int) -> int:
        """Cut the file, or extend it, to `size` bytes; return that."""
        with io.FileIO(self.fd(), "r+", closefd=False) as file:
            return file.truncate(size)

    def release(self) -> None:
        """Close the live descriptor, if this process has one."""
        fd, self.live = self.live, None
        if fd is not None:
            with context.outside():
                _close(fd)


def _position(fd: int) -> int | None:
    try:
        return _lseek(fd, 0, os.SEEK_CUR)
    except OSError:
        return None


@dataclass(frozen=True)
class Appended:
    """Whether `data` was appended: the file has grown by it. A part of it is cut off again."""

    descriptor: Descriptor
    data: bytes

    def note(self) -> Any:
        return self.descriptor.size()

    def settle(self, note: Any) -> Settled:
        grown = appended_since(self.descriptor, note)
        if grown is None:
            return UNKNOWN
        at = grown.find(self.data)
        if at >= 0:
            return Settled("done", note + at + len(self.data))
        if grown and not self.data.startswith(grown):
            return UNKNOWN
        self.descriptor.truncate(note)
        return UNDONE


def appended_since(lost: Descriptor, offset: int) -> bytes | None:
    """Return what stands after `offset`, read by a descriptor of its own, None if that cannot be."""
    try:
        other = Descriptor(lost.path, os.O_RDONLY)
        found = other.read_all(offset)
        other.release()
    except (OSError, ResourceLost):
        return None
    return found


@dataclass
class Table:
    """The descriptors of a run that the program knows by number."""

    by_number: dict[int, Descriptor] = field(default_factory=dict)

    def resolved(self, fd: Any) -> Any:
        """Return the live descriptor for `fd` if it is a number of the run's, else `fd` itself."""
        found = self.by_number.get(fd) if type(fd) is int else None
        return fd if found is None else found.synced()

    def calling(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Return `real` for use in a step: numbers among its first two arguments and `dir_fd`s are resolved."""

        def call(*args: Any, **kwargs: Any) -> Any:
            resolved = [*map(self.resolved, args[:2]), *args[2:]]
            names = {key: self.resolved(item) if key.endswith("dir_fd") else item for key, item in kwargs.items()}
            return real(*resolved, **names)

        return call


def table_of(run: Run) -> Table:
    """Return the descriptor table of `run`."""
    return run.local("os.descriptors", Table)
