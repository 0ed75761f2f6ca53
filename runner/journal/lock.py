"""One driver for one run: an advisory lock which the operating system drops when its process dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

from durable.runner.errors import JournalError


class RunLock:
    """Holds a run for this process. `take` raises JournalError naming the process that holds it."""

    def __init__(self, path: Path, run: str) -> None:
        self._path = path
        self._run = run
        self._fd = -1

    def take(self) -> None:
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            holder = _read(self._path)
            since = time.strftime("%H:%M:%S", time.localtime(holder.get("since", 0)))
            raise JournalError(
                f"run {self._run} is being driven by process {holder.get('pid', '?')} on {holder.get('host', '?')} "
                f"since {since} ({holder.get('command', 'durable')}). Wait for it, or stop that process."
            ) from None
        self._fd = fd
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": time.time(),
            "command": " ".join(["durable", *sys.argv[1:]])[:200],
        }
        os.ftruncate(fd, 0)
        os.pwrite(fd, json.dumps(holder).encode(), 0)

    def release(self) -> None:
        if self._fd >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1


def is_held(path: Path) -> bool:
    """Say whether a living process holds the lock at `path`."""
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(fd)


def holder_of(path: Path) -> int | None:
    """Return the number of the living process that holds the lock at `path`, None if none does."""
    pid = _read(path).get("pid") if is_held(path) else None
    return pid if isinstance(pid, int) else None


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    except (OSError, ValueError):
        return {}
