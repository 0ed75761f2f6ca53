"""Listings of directories as plain Python would see them: without the directory that durable keeps beside a program.

This holds within a run and within its steps, so a library that copies or packs a folder leaves the journal out too.
Other programs, which a run starts, see all there is.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from durable.runner import context

_listdir, _scandir, _stat = os.listdir, os.scandir, os.stat
_NAME = ".durable"
_OWN = frozenset({_NAME, _NAME.encode()})


def _holds_home(path: Any) -> bool:
    """Say whether a run looks, and durable keeps its things in the directory `path` (a path, a descriptor, None)."""
    if context.performing() is None:
        return False
    try:
        if isinstance(path, int):
            _stat(f"{_NAME}/key", dir_fd=path)
        else:
            folder = os.fsdecode(path if path is not None else ".")
            _stat(os.path.join(folder, _NAME, "key"))
    except (OSError, TypeError, ValueError):  # the listing itself says what is wrong with a path
        return False
    return True


@functools.wraps(_listdir)
def listdir(path: Any = None) -> list[Any]:
    names: list[Any] = _listdir(path)
    return [name for name in names if name not in _OWN] if _holds_home(path) else names


@functools.wraps(_scandir)
def scandir(path: Any = None) -> Any:
    entries = _scandir(path)
    if not _holds_home(path):
        return entries
    return ScandirIterator((entry for entry in entries if entry.name not in _OWN), entries.close)


class ScandirIterator:
    """Gives entries of a directory; an iterator and a context manager as the real one."""

    def __init__(self, entries: Iterator[Any], close: Callable[[], None] = lambda: None) -> None:
        self._entries = entries
        self._close = close

    def __iter__(self) -> ScandirIterator:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> ScandirIterator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give no more entries."""
        self._close()
        self._entries = iter(())
