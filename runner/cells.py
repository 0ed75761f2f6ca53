"""Attributes of the process's objects that a run has values of its own for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Cells:
    """Places of the process (such as `sys.stdout`) that have a value of their own while the run's strands execute.

    What the program (or a library such as `contextlib.redirect_stdout`) puts there stays the run's.
    """

    def __init__(self) -> None:
        self._cells: list[list[Any]] = []
        self._is_inside = False

    def add(self, owner: Any, name: str, value: Any) -> None:
        """Give attribute `name` of `owner` the value `value` while the run executes, at once if it does just now."""
        for known in self._cells:
            if known[0] is owner and known[1] == name:
                known[2] = value
                if self._is_inside:
                    setattr(owner, name, value)
                return
        cell = [owner, name, value, None]
        self._cells.append(cell)
        if self._is_inside:
            _exchange(cell)

    def __iter__(self) -> Iterator[list[Any]]:
        return iter(self._cells)

    def value(self, owner: Any, name: str) -> Any:
        """Return what attribute `name` of `owner` is for the run, whether it executes just now or not."""
        for cell in self._cells:
            if cell[0] is owner and cell[1] == name and not self._is_inside:
                return cell[2]
        return getattr(owner, name)

    def enter(self) -> None:
        self._is_inside = True
        for cell in self._cells:
            _exchange(cell)

    def leave(self) -> None:
        self._is_inside = False
        for cell in self._cells:
            owner, name, _, outer = cell
            cell[2] = getattr(owner, name)
            setattr(owner, name, outer)


def _exchange(cell: list[Any]) -> None:
    owner, name, value, _ = cell
    cell[3] = getattr(owner, name)
    setattr(owner, name, value)
