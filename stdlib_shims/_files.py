"""Files of a run: Python's own io stack over a raw stream whose reads and writes are steps.

The first bytes of a file are read with the step that opens it and are used only while the run has asked for nothing
else since, so the program sees what it would see in plain Python, in one step where the file is small.
"""

from __future__ import annotations

import _thread
import errno
import gc
import io
import os
import sys
import warnings
import weakref
from dataclasses import dataclass, field
from typing import Any

from durable.runner import context
from durable.runner.codec.frames import is_own
from durable.runner.run import Run
from durable.stdlib_shims._descriptors import AHEAD, Appended, Descriptor, table_of
from durable.stdlib_shims._probes import REPEAT

_MOST_AHEAD = 8 * AHEAD


@dataclass
class Files:
    """The open files of one run, in the order in which they were opened; `late` holds writes of lost files."""

    count: int = 0
    opened: weakref.WeakValueDictionary[int, io.IOBase] = field(default_factory=weakref.WeakValueDictionary)
    late: list[tuple[int, RecordedRaw, bytes]] = field(default_factory=list)


def files_of(run: Run) -> Files:
    """Return the files of `run`."""
    return run.local("files", Files)


def close_files(run: Run) -> None:
    """Flush and close what the program left open, as the interpreter does at its end, in the order of opening."""
    files = files_of(run)
    for _, file in sorted(files.opened.items()):
        file.close()
    late, files.late = files.late, []
    for _, raw, data in sorted(late, key=lambda item: item[0]):
        raw.write_now(run, data)


get_ident = getattr(_thread.get_ident, "__wrapped__", _thread.get_ident)
"""The system's own, whatever a strand's has taken the place of: the collector works on a thread, in no strand."""
_collector = 0
"""The thread that collects garbage just now, 0 for none: meanwhile others go on, for a finaliser may let them."""


def _note_collection(phase: str, info: dict[str, int]) -> None:
    global _collector
    _collector = get_ident() if phase == "start" else 0


def install() -> None:
    """Know when the garbage collector is at work: what it finalises can be no step, its moment is not the program's."""
    if _note_collection not in gc.callbacks:
        gc.callbacks.append(_note_collection)


def is_collecting() -> bool:
    """Say whether this thread is collecting garbage: that finalises a file's layers in any order, so none may close."""
    return _collector != 0 and _collector == get_ident()


def running(run: Run) -> bool:
    """Say whether `run` can be asked for a step here: one of its strands executes, and not for the collector."""
    return context.current() is run and not is_collecting() and not run.scheduler.stopped


class RecordedRaw(io.FileIO):
    """The raw stream of a run's file. It has no descriptor of its own: see `Descriptor`."""

    __durable_shim__ = True
    mode = ""

    def __init__(self, run: Run, descriptor: Descriptor, name: Any, mode: str) -> None:
        self._run = run
        self._file = descriptor
        self._name = name
        self._is_closed = False
        self._closefd = True
        self._ahead: tuple[int, bytes, bool] = (-1, b"", False)
        self._chunk = 0
        self.is_discarding = False
        self._can_read = "r" in mode or "+" in mode
        self._can_write = mode.strip("b") != "r"
        self.mode = mode
        files = files_of(run)
        self.index = files.count = files.count + 1

    @property
    def name(self) -> Any:
        return self._name

    @name.setter
    def name(self, value: Any) -> None:
        self._name = value

    @property
    def closed(self) -> bool:
        return self._is_closed

    @property
    def closefd(self) -> bool:
        return self._closefd

    def __repr__(self) -> str:
        if self._is_closed:
            return "<_io.FileIO [closed]>"
        return f"<_io.FileIO name={self._name!r} mode={self.mode!r} closefd={self._closefd}>"

    def _check(self, is_allowed: bool = True, use: str = "") -> None:
        if self._is_closed:
            raise ValueError("I/O operation on closed file")
        if not is_allowed:
            raise io.UnsupportedOperation(f"File not open for {use}")

    def readable(self) -> bool:
        self._check()
        return self._can_read

    def writable(self) -> bool:
        self._check()
        return self._can_write

    def seekable(self) -> bool:
        self._check()
        return self._file.is_seekable

    def isatty(self) -> bool:
        self._check()
        return self._file.is_tty

    def fileno(self) -> int:
        self._check()
        file, run = self._file, self._run
        if not running(run):
            return file.give()
        if file.number is None:
            number = run.step(file.synced, effect="read", callee="io.FileIO.fileno")
            file.number = number
            table_of(run).by_number[number] = file
        return file.number

    # Reading

    def position(self) -> int:
        """Return where a step that was given the file left it."""
        return self._file.moved_to()

    def moved(self, position: int) -> None:
        """Take the recorded position after a step."""
        if position != self._file.offset:
            self._ahead = (-1, b"", False)
        self._file.offset = position

    def start(self, found: list[Any]) -> None:
        """Take the record of the step that opened the file."""
        self._file.begun(found)
        if found[4] is not None:
            self._keep(found[4], found[5])

    def _keep(self, data: bytes, is_all: bool) -> None:
        self._ahead = (self._run.scheduler.next_seq, data, is_all)

    def _from_ahead(self, size: int) -> bytes | None:
        """Return what was read before, None if there is nothing or the run has done something since."""
        seq, data, is_all = self._ahead
        if seq < 0:
            return None
        if seq != self._run.scheduler.next_seq or not (data or is_all):
            self._chunk = 0 if data else min(_MOST_AHEAD, max(2 * self._chunk, AHEAD))
            self._ahead = (-1, b"", False)
            return None
        piece, rest = data[:size], data[size:]
        self._ahead = (seq if piece else -1, rest, is_all)
        self._file.offset += len(piece)
        return piece

    def readinto(self, buffer: Any) -> int:
        self._check(self._can_read, "reading")
        view = memoryview(buffer).cast("B")
        data = self._take(len(view))
        view[: len(data)] = data
        return len(data)

    def _take(self, size: int) -> bytes:
        run, file = self._run, self._file
        if not running(run):
            data, _ = file.read(size, file.offset)
            file.offset += len(data)
            return data
        piece = self._from_ahead(size)
        if piece is not None:
            return piece
        wanted = max(size, self._chunk) if file.is_regular else size
        data, is_all = run.step(file.read, wanted, file.offset, effect="read", callee="io.FileIO.read")
        if not file.is_regular:
            return data
        if is_all and not data:
            return b""
        self._keep(data, is_all)
        return self._from_ahead(size) or b""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return self.readall()
        self._check(self._can_read, "reading")
        return self._take(size)

    def readall(self) -> bytes:
        self._check(self._can_read, "reading")
        run, file = self._run, self._file
        if not running(run):
            data = file.read_all(file.offset)
        else:
            _, rest, is_all = self._ahead
            piece = self._from_ahead(len(rest)) if is_all else None
            if piece is not None:
                return piece
            self._ahead = (-1, b"", False)
            data = run.step(file.read_all, file.offset, effect="read", callee="io.FileIO.readall")
        file.offset += len(data)
        return data

    # Writing

    def write(self, data: Any, /) -> int:
        self._check(self._can_write, "writing")
        body, run = bytes(data), self._run
        if self.is_discarding:
            return len(body)
        if running(run):
            return self.write_now(run, body)
        if run.scheduler.stopped:
            return len(body)
        if context.performing() is run and not is_collecting():
            return self._write_in_step(body)
        files_of(run).late.append((self.index, self, body))
        return len(body)

    def write_now(self, run: Run, data: bytes) -> int:
        """Write as a step."""
        file = self._file
        self._ahead = (-1, b"", False)
        if not file.is_regular:
            return run.step(file.write, data, effect="write", callee="io.FileIO.write")
        if file.appends or file.is_lent:
            probe = Appended(file, data)
            file.offset = run.step(file.append, data, effect="write", callee="io.FileIO.write", probe=probe)
            return len(data)
        offset = file.offset
        file.offset += len(data)
        try:
            run.step(file.write_at, data, offset, effect="write", callee="io.FileIO.write", probe=REPEAT)
        except BaseException:
            file.offset = offset
            raise
        return len(data)

    def _write_in_step(self, data: bytes) -> int:
        file = self._file
        if not file.is_regular:
            return file.write(data)
        if file.appends:
            file.offset = file.append_in_step(data)
            return len(data)
        file.write_at(data, file.offset)
        file.offset += len(data)
        return len(data)

    # Positions

    def _has_position(self) -> None:
        self._check()
        if not self._file.is_seekable:
            raise OSError(errno.ESPIPE, os.strerror(errno.ESPIPE))

    def tell(self) -> int:
        self._has_position()
        return self._file.offset

    def seek(self, position: int, whence: int = 0, /) -> int:
        self._has_position()
        file, run = self._file, self._run
        if whence == os.SEEK_CUR:
            position += file.offset
        elif whence == os.SEEK_END:
            size = run.step(file.size, effect="read", callee="io.FileIO.seek") if running(run) else file.size()
            position += size
        elif whence != os.SEEK_SET:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if position < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if position != file.offset:
            self._ahead = (-1, b"", False)
        file.offset = position
        return position

    def truncate(self, size: int | None = None, /) -> int:
        self._check(self._can_write, "writing")
        size = self.tell() if size is None else size
        self._ahead = (-1, b"", False)
        if running(self._run):
            args = (self._file.truncate, size)
            return self._run.step(*args, effect="write", callee="io.FileIO.truncate", probe=REPEAT)
        return self._file.truncate(size)

    def close(self) -> None:
        if self._is_closed or is_collecting():
            return
        if self._finalizing:  # type: ignore[attr-defined]
            self._dealloc_warn(self)
        self._is_closed = True
        file = self._file
        if self._closefd and not any(raw is self for _, raw, _ in files_of(self._run).late):
            if file.number is not None:
                table_of(self._run).by_number.pop(file.number, None)
            file.is_closed = True
            file.release()

    def _dealloc_warn(self, source: Any, /) -> None:
        """Warn as a file does that is dropped while it is open (called by the layers above before they close it)."""
        if not self._is_closed and self._closefd and running(self._run):
            level, frame = 1, sys._getframe()
            while frame.f_back is not None and is_own(frame.f_code.co_filename):
                level, frame = level + 1, frame.f_back
            warnings.warn(f"unclosed file {source!r}", ResourceWarning, stacklevel=level, source=source)
