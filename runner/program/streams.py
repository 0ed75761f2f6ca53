"""The program's standard streams: Python's own io stack over raw streams that belong to the run.

Buffering is what plain Python does for the same kind of stream, so output interleaves with a child process's as it
would.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, cast

from durable.runner.core.messages import AskPrompt
from durable.runner.said import Output

if TYPE_CHECKING:
    from durable.runner.run import Run


class OutputRaw(io.RawIOBase):
    """Raw standard output or error: bytes go to the run's host."""

    mode = "wb"

    def __init__(self, run: Run, fd: int, name: str) -> None:
        self._run = run
        self._fd = fd
        self.name = name

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._run.spec.tty[self._fd]

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any) -> int:
        self._run.host.emit(self._fd, bytes(data))
        return len(data)


class InputRaw(io.RawIOBase):
    """Raw standard input: what is read is recorded as it is read."""

    mode = "rb"
    name = "<stdin>"

    def __init__(self, run: Run) -> None:
        self._run = run
        self.prompt = ""
        self._pending: bytearray = run.local("stdin.pending", bytearray)

    def readable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._run.spec.tty[0]

    def fileno(self) -> int:
        return 0

    def readinto(self, buffer: Any) -> int:
        pending = self._pending  # one file position, whatever reads from it
        if not pending:
            pending += self._asked()
        count = min(len(pending), len(buffer))
        buffer[:count] = pending[:count]
        del pending[:count]
        return count

    def _asked(self) -> bytes:
        run, text = self._run, self.prompt
        self.prompt = ""
        event = run.scheduler.request(AskPrompt(run.scheduler.take_seq(), "read", text, run.waiting_site("stdin")))
        answer: str = run.decoder.value(event.record)  # type: ignore[union-attr]
        return answer.encode("utf-8", "surrogateescape")


def make_output(run: Run, fd: int) -> io.TextIOWrapper:
    """Return the program's stdout (`fd` 1) or stderr (2)."""
    name = "<stdout>" if fd == 1 else "<stderr>"
    raw = OutputRaw(run, fd, name)
    buffer = raw if run.spec.unbuffered else io.BufferedWriter(raw)
    is_line_buffered = fd == 2 or run.spec.tty[fd]
    stream = Output(
        cast("io.BufferedWriter", buffer),
        encoding=run.spec.encoding,
        errors="backslashreplace" if fd == 2 else "strict",
        newline="\n",
        line_buffering=is_line_buffered,
        write_through=run.spec.unbuffered,
    )
    stream.mode = "w"  # type: ignore[misc]
    return stream


def make_input(run: Run) -> io.TextIOWrapper:
    """Return the program's stdin."""
    stream = io.TextIOWrapper(io.BufferedReader(InputRaw(run), MAX_READ), encoding=run.spec.encoding, errors="strict")
    stream.mode = "r"  # type: ignore[misc]
    return stream


MAX_READ = 65536
"""Most bytes of standard input that one event records."""
