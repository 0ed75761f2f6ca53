"""Points at which `durable verify` kills a run; each is one step of the way of an event through an engine.

With `DURABLE_CRASH=N` in the environment the process kills itself (SIGKILL) at its N-th point; with
`DURABLE_CRASH_COUNT=FILE` it writes the name of every point it passes to FILE, one a line.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def _make() -> Callable[[str], None] | None:
    at, listing = os.environ.pop("DURABLE_CRASH", ""), os.environ.pop("DURABLE_CRASH_COUNT", "")
    if not at and not listing:
        return None
    fd = os.open(listing, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if listing else -1
    passed = 0

    def point(name: str) -> None:
        nonlocal passed
        passed += 1
        if fd >= 0:
            os.write(fd, f"{name}\n".encode())
        if at and passed == int(at):
            signal.raise_signal(signal.SIGKILL)

    return point


point: Callable[[str], None] | None = _make()
"""Call it with the name of a point; None in ordinary use."""


def arm() -> None:
    """Look at the environment again: it is another one in a process forked from one that has imported this module."""
    global point
    point = _make()


_MIDDLE = frozenset(
    """open socket.connect subprocess.Popen os.mkdir os.remove os.rename os.rmdir os.truncate os.link os.symlink
    sqlite3.connect smtplib.send shutil.copyfile shutil.move""".split()
)


def watch_steps() -> None:
    """Make every effect inside a step a point too: just before the operating system is asked for it."""
    if point is None:
        return
    from durable.runner.local.performing import performed_step

    def audit(event: str, args: tuple[Any, ...]) -> None:
        if event in _MIDDLE and performed_step() is not None and point is not None:
            point(f"middle {event}")

    sys.addaudithook(audit)
