"""A place in the program that the run-time guard found to touch the world outside a step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Site:
    """A call's place: file relative to the import root, line and column from 1 (column 0: any call on that line)."""

    file: str
    line: int
    column: int = 0
