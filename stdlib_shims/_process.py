"""What belongs to the process and is a run's own: its working directory and file mode mask.

Each step of a run that has changed them is performed with them; a replay changes them again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from durable.runner import context
from durable.runner.run import Run

_getcwd, _chdir, _fchdir, _umask = os.getcwd, os.chdir, os.fchdir, os.umask


@dataclass
class Place:
    """The working directory of a run, and its mask if the run has set it."""

    cwd: str
    is_moved: bool = False
    mask: int | None = None

    def enter(self) -> None:
        """Give the process what the run has set."""
        if self.is_moved and _getcwd() != self.cwd:
            _chdir(self.cwd)
        if self.mask is not None:
            _umask(self.mask)


def place_of(run: Run) -> Place:
    """Return the place of `run`; it starts in the directory that the run was started in."""
    start = run.spec.cwd
    return run.local("os.place", lambda: Place(start if os.path.isabs(start) else _getcwd()))


def _hook(run: Run) -> None:
    hooks: list[Any] = run.local("step.hooks", list)
    enter = place_of(run).enter
    if enter not in hooks:
        hooks.append(enter)


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
    _hook(run)
    return before


def _look_at_umask() -> int:
    mask = _umask(0o077)
    _umask(mask)
    return mask
