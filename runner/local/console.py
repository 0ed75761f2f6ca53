"""The terminal side of a local run: its output going out, its input coming in.

Output is a function of the journal, so a resumed run makes again what was printed before. A terminal has shown that
to its user already and gets only the rest; a pipe or file is a new reader and gets all of it.
"""

from __future__ import annotations

import os
import select
import stat
import sys
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from durable.runner.core.messages import AskPrompt
from durable.runner.errors import UsageError
from durable.runner.journal.store import Journal
from durable.runner.lines import next_line
from durable.runner.local.liveline import Doing, LiveLine

_CHUNK = 65536


def stdin_kind() -> str:
    """Return what standard input is: "tty", "pipe" (a pipe or file that has something to say) or "none"."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return "none"
    if os.isatty(0):
        return "tty"
    return "none" if stat.S_ISCHR(mode) else "pipe"


class Console:
    """Standard streams of the process that drives a run.

    `stored` is the output stored before; `shown` counts the bytes that this process has shown, by descriptor, when it
    drives the run again from its first line.
    """

    def __init__(self, run: str, stored: list[tuple[int, int, bytes]], shown: dict[int, int] | None = None) -> None:
        self._run = run
        self._stored = {fd: sum(len(data) for _, at, data in stored if at == fd) for fd in (1, 2)}
        self._next = stored[-1][0] + 1 if stored else 0
        self.shown = shown or {1: 0, 2: 0}
        self._made = {1: 0, 2: 0}
        self._unstored: list[tuple[int, bytes]] = []
        self._unshown: list[tuple[int, bytes]] = []
        self._is_unflushed = False
        self._tty = {fd: os.isatty(fd) for fd in (1, 2)}
        self._asks: deque[AskPrompt] = deque()
        self._input = stdin_kind()
        self._told: set[int] = set()
        self._line: LiveLine | None = None

    def show_doing(self, doing: Callable[[], Doing]) -> None:
        """Say at the bottom of the terminal what the run does, where there is one, until `hide_doing`."""
        if self._tty[2] and os.environ.get("TERM", "") not in ("", "dumb"):
            self._line = LiveLine(doing)
            self._line.start()

    def hide_doing(self) -> None:
        if self._line is not None:
            self._line.stop()
            self._line = None

    # Output

    def emit(self, fd: int, data: bytes) -> None:
        """Take what the program wrote; it goes out at `flush`."""
        self._is_unflushed = True
        made = self._made[fd]
        self._made[fd] = made + len(data)
        new = data[max(0, self._stored[fd] - made) :]
        if new:
            self._unstored.append((fd, new))
        shown = self._stored[fd] if self._tty[fd] else 0
        unshown = data[max(0, max(self.shown[fd], shown) - made) :]
        if unshown:
            self._unshown.append((fd, unshown))

    def is_terminal(self, fd: int) -> bool:
        return self._tty[fd]

    def flush(self) -> None:
        """Write what was emitted to the process's own streams; a reader that has gone is no error of the run."""
        if not self._is_unflushed:
            return
        self._is_unflushed = False
        unshown, self._unshown = self._unshown, []
        for fd, data in unshown:
            with self._away(fd, data):
                _write_all(fd, data)
        self.shown = {fd: max(self.shown[fd], made) for fd, made in self._made.items()}

    def _away(self, fd: int = 2, data: bytes = b"") -> AbstractContextManager[None]:
        """Return a block in which output can go to a terminal without the line at its bottom."""
        if self._line is None or not self._tty[fd]:
            return nullcontext()
        return self._line.away(data)

    def store(self, journal: Journal, run: int) -> None:
        """Add what is not stored yet to the journal's open transaction."""
        unstored, self._unstored = self._unstored, []
        for fd, data in unstored:
            journal.add_output(run, self._next, fd, data)
            self._next += 1

    def save(self, journal: Journal, run: int) -> None:
        """Add what is not stored yet to the journal, in a transaction that the caller commits."""
        if self._unstored:
            journal.begin()
            self.store(journal, run)

    def forget(self) -> None:
        """Drop what is not stored yet."""
        self._unstored.clear()

    def finish(self, journal: Journal, run: int) -> None:
        self.flush()
        self.save(journal, run)

    # Input

    @property
    def is_asking(self) -> bool:
        return bool(self._asks) and self._input != "none"

    def go_live(self, read: bytes) -> None:
        """Skip the `read` bytes of standard input that earlier processes recorded. Raise UsageError if they differ."""
        if self._input != "pipe" or not read:
            return
        got = b""
        while len(got) < len(read):
            data = os.read(0, len(read) - len(got))
            if not data:
                break
            got += data
        if not got:
            self._input = "none"
        elif got != read:
            raise UsageError(
                "the standard input is not the one that the run has read: give the same input again, or none "
                f"(`durable resume {self._run} </dev/null`) and answer with `durable answer`"
            )

    def ask(self, request: AskPrompt) -> None:
        """Start waiting for input for `request`."""
        self._asks.append(request)
        if self._input == "none":
            self._tell(request)

    def _tell(self, request: AskPrompt) -> None:
        if request.seq not in self._told:
            self._told.add(request.seq)
            asked = f" {request.text.strip()!r}" if request.text.strip() else ""
            self.say(f"waiting for an answer to{asked}: durable answer {self._run} TEXT")

    def say(self, text: str) -> None:
        """Print a line of durable's own."""
        with self._away():
            sys.stdout.flush()
            print(f"durable: {text}", file=sys.stderr, flush=True)

    def answered(self, seq: int) -> None:
        self._asks = deque(ask for ask in self._asks if ask.seq != seq)

    def poll(self) -> tuple[int, str] | None:
        """Return (seq, text) if standard input has something for the oldest prompt, without waiting."""
        if not self._asks or self._input == "none":
            return None
        request = self._asks[0]
        is_typed = request.kind == "secret" and self._input == "pipe"  # on the terminal, whatever standard input is
        if not is_typed and not select.select([0], [], [], 0)[0]:
            return None
        with self._away():
            return request.seq, self._read(request).decode("utf-8", "surrogateescape")

    def _read(self, request: AskPrompt) -> bytes:
        if request.kind == "secret":
            import getpass

            return (getpass.getpass("") + "\n").encode()
        if request.kind == "read":
            return os.read(0, _CHUNK)
        return next_line()


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BrokenPipeError:
            return
