"""Probes of the file system: whether a step in doubt has happened can be seen there (promise 4)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from durable.runner import context
from durable.runner.core.call import UNDONE, UNKNOWN, Settled

_lexists, _lstat, _abspath, _isdir = os.path.lexists, os.lstat, os.path.abspath, os.path.isdir
_rmdir = os.rmdir
DONE = Settled("done")


class Repeat:
    """A step that may simply be done again: the second time changes nothing."""

    def note(self) -> Any:
        return None

    def settle(self, note: Any) -> Settled:
        return UNDONE


REPEAT = Repeat()


def place(path: Any, dir_fd: int | None = None) -> str | bytes:
    """Return `path` as an absolute path of the run. Raise TypeError or ValueError for what no probe can look at."""
    if dir_fd is not None or isinstance(path, int):
        raise ValueError("a path relative to a descriptor")
    path = os.fspath(path)
    return os.path.join(os.getcwd(), path) if isinstance(path, str) else os.path.join(os.getcwdb(), path)


def repeat(*args: Any, **kwargs: Any) -> Repeat:
    """Return the probe of any call that may be repeated."""
    return REPEAT


@dataclass(frozen=True)
class Made:
    """Whether a directory entry was made (mkdir, symlink, link, mkfifo, an exclusive open)."""

    path: str | bytes
    value: Any = None

    def note(self) -> Any:
        return _lexists(self.path)

    def settle(self, note: Any) -> Settled:
        return Settled("done", self.value) if not note and _lexists(self.path) else UNDONE


@dataclass(frozen=True)
class Removed:
    """Whether a directory entry was removed."""

    path: str | bytes

    def note(self) -> Any:
        return _lexists(self.path)

    def settle(self, note: Any) -> Settled:
        return DONE if note and not _lexists(self.path) else UNDONE


@dataclass(frozen=True)
class Renamed:
    """Whether an entry was renamed: its inode has gone from the old name and stands at the new one."""

    source: str | bytes
    target: str | bytes

    def note(self) -> Any:
        return _inode(self.source)

    def settle(self, note: Any) -> Settled:
        if note is None or _inode(self.source) == note:
            return UNDONE
        return DONE if _inode(self.target) == note else UNKNOWN


@dataclass(frozen=True)
class Pruned:
    """Whether an entry has gone, after which those of its `parents` that this leaves empty go too: if so, they do."""

    gone: Removed | Renamed
    parents: tuple[str | bytes, ...]

    def note(self) -> Any:
        return self.gone.note()

    def settle(self, note: Any) -> Settled:
        found = self.gone.settle(note)
        if found.state == "done":
            with context.mending(), contextlib.suppress(OSError):
                for parent in self.parents:
                    with contextlib.suppress(FileNotFoundError):
                        _rmdir(parent)
        return found


def _inode(path: str | bytes) -> list[int] | None:
    try:
        found = _lstat(path)
    except OSError:
        return None
    return [found.st_dev, found.st_ino]


def made(path: Any, *args: Any, dir_fd: int | None = None, **kwargs: Any) -> Made:
    return Made(place(path, dir_fd))


def made_second(src: Any, dst: Any, *args: Any, dir_fd: int | None = None, **kwargs: Any) -> Made:
    return Made(place(dst, dir_fd if dir_fd is not None else kwargs.get("dst_dir_fd")))


def removed(path: Any, *, dir_fd: int | None = None) -> Removed:
    return Removed(place(path, dir_fd))


def pruned(name: Any) -> Pruned:
    return Pruned(Removed(place(name)), tuple(_parents(name)))


def renamed_and_pruned(old: Any, new: Any) -> Pruned:
    return Pruned(Renamed(place(old), place(new)), tuple(_parents(old)))


def _parents(name: Any) -> Iterator[str | bytes]:
    """Yield the parents that `name` mentions, the nearest first."""
    head, tail = os.path.split(os.fspath(name))
    if not tail:
        head, tail = os.path.split(head)
    while head and tail:
        yield place(head)
        head, tail = os.path.split(head)


def renamed(src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> Renamed:
    return Renamed(place(src, src_dir_fd), place(dst, dst_dir_fd))
