"""How a durable connection is opened and set up: its place, its class, its arguments tried out on a real one."""

from __future__ import annotations

import os
import sqlite3 as _real
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.stdlib_shims._sqlite3_session import Done

CONNECT = _real.connect
POSITIONS = (
    *("database", "timeout", "detect_types", "isolation_level", "check_same_thread"),
    *("factory", "cached_statements", "uri"),
)


def try_out(real: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise what `real` raises for these arguments, live as on replay."""
    with context.outside():
        connection = CONNECT(":memory:")
        try:
            real(connection, *args, **kwargs)
        finally:
            connection.close()


def setting(done: Done) -> Callable[[_real.Connection], Any]:
    """Return what makes the setting `done` on another live connection."""
    return lambda live: live.execute(done.sql, done.params).fetchall()


def mixed(factory: Any, base: type) -> Any:
    """Return a class like `factory`, a subclass of the real class that a library made, based on the shim's."""
    real = base.__bases__[0]
    if not isinstance(factory, type) or issubclass(factory, base) or not issubclass(factory, real):
        return factory
    return base if factory is real else type(factory.__name__, (factory, base), {})


def place_of(database: Any, is_uri: bool) -> tuple[Any, bool]:
    """Return the database as it can be opened later from another directory, and whether it is in memory."""
    path = os.fspath(database)
    text = os.fsdecode(path)
    if is_uri and text.startswith("file:"):
        return path, ":memory:" in text or "mode=memory" in text
    if text in (":memory:", ""):
        return path, True
    return os.path.abspath(path), False
