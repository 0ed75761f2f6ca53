"""A terminal for a test: commands run on a pseudo-terminal, and an emulator keeps what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from typing import Any

import pyte
import pytest

PATIENCE = 90.0
ROWS, COLUMNS = 24, 100


class Terminal:
    """One terminal window of a project: `type` into it, `until` something shows."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *args: str, **env: str) -> None:
        """Run `durable` with `args` in the foreground of the terminal."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "durable", *args],
            cwd=self.project.folder,
            env=self.project.environment({"TERM": "xterm", **env}),
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def read(self, seconds: float = 0.05) -> None:
        while select.select([self.master], [], [], seconds)[0]:
            data = os.read(self.master, 65536)
            self.raw += data
            self.stream.feed(data)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, without the empty rest."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip().split("\n")

    def until(self, condition: Callable[[list[str]], object]) -> list[str]:
        """Return the lines of the screen as soon as they fulfil a condition."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.read()
            if condition(self.lines):
                return self.lines
        raise AssertionError("\n".join(self.lines))

    def end(self) -> int:
        """Wait for the command and return its exit code."""
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read()
        self.read()
        assert self.process.returncode is not None, "\n".join(self.lines)
        return self.process.returncode

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminals(project: Any) -> Iterator[Callable[[], Terminal]]:
    """Open terminals of one project."""
    opened: list[Terminal] = []

    def open_one() -> Terminal:
        opened.append(Terminal(project))
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


@pytest.fixture
def terminal(terminals: Callable[[], Terminal]) -> Terminal:
    return terminals()
