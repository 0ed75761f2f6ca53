"""`os.scandir` in a run: the whole directory is one step; its entries hold what was seen then."""

from __future__ import annotations

import os
from typing import Any

from durable.runner.run import Run
from durable.stdlib_shims import _listings


def look(path: Any) -> list[Any]:
    """Return [name, path, inode, is a link, is a directory, is a file, both following links] of every entry."""
    with _listings.scandir(path) as entries:
        return [
            [
                entry.name,
                entry.path,
                entry.inode(),
                entry.is_symlink(),
                entry.is_dir(follow_symlinks=False),
                entry.is_file(follow_symlinks=False),
                _quietly(entry.is_dir),
                _quietly(entry.is_file),
            ]
            for entry in entries
        ]


def _quietly(look_at: Any) -> bool:
    try:
        return bool(look_at())
    except OSError:
        return False


class DirEntry:
    """One entry; `isinstance` sees an `os.DirEntry`. `stat` is a step, made once."""

    __slots__ = ("_facts", "_stats", "name", "path")

    def __init__(self, facts: list[Any]) -> None:
        self.name = facts[0]
        self.path = facts[1]
        self._facts = facts
        self._stats: dict[bool, os.stat_result] = {}

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        return os.DirEntry

    def __fspath__(self) -> Any:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"

    def inode(self) -> int:
        """Return the inode number."""
        return int(self._facts[2])

    def is_symlink(self) -> bool:
        """Say whether the entry is a symbolic link."""
        return bool(self._facts[3])

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Say whether the entry is a directory."""
        return bool(self._facts[6 if follow_symlinks else 4])

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Say whether the entry is a regular file."""
        return bool(self._facts[7 if follow_symlinks else 5])

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return the status of the file."""
        follows = follow_symlinks and self.is_symlink()
        if follows not in self._stats:
            self._stats[follows] = os.stat(self.path) if follows else os.lstat(self.path)
        return self._stats[follows]


def scan(run: Run, looking: Any, path: Any) -> _listings.ScandirIterator:
    """Return the entries of `path`, seen in one step."""
    found = run.step(looking, path, effect="read", callee="os.scandir")
    return _listings.ScandirIterator(iter([DirEntry(facts) for facts in found]))
