"""What belongs to the process and is a run's own: its working directory and file mode mask.

Each step of a run that has changed them is performed with them; a replay changes them again.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import Any

from durable.runner import context
from durable.runner.errors import DurableError
from durable.runner.run import Run

_getcwd, _chdir, _fchdir, _umask = os.getcwd, os.chdir, os.fchdir, os.umask


@dataclass
class Place:
    """The working directory of a run, and its mask if the run has set it."""

    cwd: str
    is_moved: bool = False
    mask: int | None = None
    is_own: bool = False
    """Other processes of the run are in other places: each thread that performs steps has a place of its own."""

    def enter(self) -> None:
        """Give the process what the run has set."""
        if self.is_own:
            _leave_shared_place()
        if self.is_moved and _getcwd() != self.cwd:
            _chdir(self.cwd)
        if self.mask is not None:
            _umask(self.mask)


class _Thread(threading.local):
    is_alone = False


_thread = _Thread()
_CLONE_FS = 0x200


def _leave_shared_place() -> None:
    """Let this thread have a working directory and a mask that are not the other threads' (Linux can)."""
    if _thread.is_alone or threading.current_thread() is threading.main_thread():
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare") or libc.unshare(_CLONE_FS):
        raise DurableError("processes of a run in different working directories need Linux's unshare(CLONE_FS)")
    _thread.is_alone = True


def place_of(run: Run) -> Place:
    """Return the place of `run`; it starts in the directory that the run was started in."""
    return run.local("os.place", lambda: _first_place(run))


def _first_place(run: Run) -> Place:
    start = run.spec.cwd
    return Place(start if os.path.isabs(start) else _getcwd())


def _hook(run: Run) -> None:
    """Have each step find its own process's place from now on."""
    place_of(run)
    for table in [run._locals] if run.memories is None else run.memories.tables():
        place = table.get("os.place")
        hooks: list[Any] = table.setdefault("step.hooks", [])
        if place is None:
            place = table["os.place"] = _first_place(run)
        if run.memories is not None:
            place.is_moved, place.is_own = True, True
        if place.enter not in hooks:
            hooks.append(place.enter)


def getcwd() -> str:
    """Return the working directory."""
    run = context.current()
    return _getcwd() if run is None else place_of(run).cwd


def getcwdb() -> bytes:
    """Return the working directory as bytes."""
    return os.fsencode(getcwd())


def chdir(path: Any) -> None:
    """Change the working directory."""
    run = context.current()
    if run is None:
        _chdir(path)
        return
    _move(run, _chdir, path, "os.chdir")


def fchdir(fd: int) -> None:
    """Change the working directory to that of an open descriptor."""
    run = context.current()
    if run is None:
        _fchdir(fd)
        return
    _move(run, _fchdir, fd, "os.fchdir")


def _move(run: Run, change: Any, to: Any, callee: str) -> None:
    from durable.stdlib_shims._descriptors import table_of

    change = table_of(run).calling(change)

    def move() -> str:
        change(to)
        return _getcwd()

    if run.memories is not None:
        _hook(run)  # the step itself must leave the others where they are
    place = place_of(run)
    place.cwd, place.is_moved = run.step(move, effect="read", callee=callee), True
    _hook(run)


def umask(mask: int, /) -> int:
    """Set the file mode mask and return the one before."""
    run = context.current()
    if run is None:
        return _umask(mask)
    place = place_of(run)
    before = place.mask
    if before is None:
        before = run.ambient("os.umask", _look_at_umask)
    place.mask = mask & 0o777
    for table in [] if run.memories is None else run.memories.tables():
        other = table.setdefault("os.place", _first_place(run))
        other.mask = before if other.mask is None else other.mask
    _hook(run)
    return before


def _look_at_umask() -> int:
    mask = _umask(0o077)
    _umask(mask)
    return mask
