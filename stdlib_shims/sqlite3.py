"""`sqlite3` for strands: connections whose transactions outlive a crash.

In a strand `connect` gives a durable connection (an instance of `sqlite3.Connection` still): its live connection is
opened within steps, and after a crash again, with its settings and with the statements of the open transaction.
"""

from __future__ import annotations

import sqlite3 as _real
import sqlite3.dbapi2 as _dbapi2
from typing import Any

from durable.runner.run import Run
from durable.stdlib_shims._sqlite3_connection import Connection, connect, drop_connections
from durable.stdlib_shims._sqlite3_cursor import Cursor

__all__ = ["Connection", "Cursor", "connect", "dbapi2"]

dbapi2 = _dbapi2


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def prepare(run: Run) -> None:
    """Let the classes that the program finds in the real module be those of durable connections."""
    for module in (_real, _dbapi2):
        run.cells.add(module, "Connection", Connection)
        run.cells.add(module, "Cursor", Cursor)
    run.on_stop.append(lambda: drop_connections(run))


def install() -> None:
    """Let the real module's `connect` serve strands."""
    _real.connect = connect
    _dbapi2.connect = connect
