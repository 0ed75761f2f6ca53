"""Rows of `sqlite3.Row`, which C makes of a real cursor only: one that has the same column names and no data."""

from __future__ import annotations

import functools
import sqlite3
from typing import Any

from durable.runner import context

_connect = sqlite3.connect


@functools.cache
def scratch() -> sqlite3.Connection:
    """Return an empty database in memory, on which arguments are tried and real cursors made."""
    return context.unrecorded(lambda: _connect(":memory:", check_same_thread=False))


@functools.lru_cache(maxsize=256)
def _cursor(names: tuple[str, ...]) -> sqlite3.Cursor:
    quoted = ", ".join('NULL AS "{}"'.format(name.replace('"', '""')) for name in names)
    cursor = scratch().execute(f"SELECT {quoted}")
    cursor.fetchall()
    return cursor


def row_of(factory: Any, cursor: Any, names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """Return the row that `factory` makes of `values` for `cursor`."""
    if factory is None:
        return values
    if isinstance(factory, type) and issubclass(factory, sqlite3.Row):
        return factory(_cursor(names), values)
    return factory(cursor, values)
