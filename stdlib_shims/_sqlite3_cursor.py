"""`sqlite3.Cursor` for strands: `execute` is a step that brings the first rows along, further rows are read steps."""

from __future__ import annotations

import functools
import sqlite3 as _real
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from durable.stdlib_shims._sqlite3_rows import row_of
from durable.stdlib_shims._sqlite3_session import Done, Outcome
from durable.stdlib_shims._sqlite3_text import is_insert, statements_of

if TYPE_CHECKING:
    from durable.stdlib_shims._sqlite3_connection import Connection

F = TypeVar("F", bound=Callable[..., Any])
_REAL_CLASS: Any = _real.Cursor


def either(method: F) -> F:
    """Return `method` for objects of a run; objects made outside of runs are served by the real class."""
    name = method.__name__

    @functools.wraps(method)
    def dispatch(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.is_plain:
            real = _real.Connection if isinstance(self, _real.Connection) else _real.Cursor
            return getattr(real, name)(self, *args, **kwargs)
        return method(self, *args, **kwargs)

    return dispatch  # type: ignore[return-value]


def either_attribute(name: str) -> Any:
    """Return a property: the real class's member for plain objects, `_name` for those of a run."""

    def get(self: Any) -> Any:
        if not self.is_plain:
            return self.__dict__.get(f"_{name}", 1 if name == "arraysize" else None)
        real: Any = _real.Connection if isinstance(self, _real.Connection) else _real.Cursor
        return getattr(real, name).__get__(self)

    def put(self: Any, value: Any) -> None:
        if not self.is_plain:
            self.__dict__[f"_{name}"] = value
            return
        real: Any = _real.Connection if isinstance(self, _real.Connection) else _real.Cursor
        getattr(real, name).__set__(self, value)

    return property(get, put)


class Cursor(_real.Cursor):
    """A cursor of a durable connection; of a real connection it is a real cursor."""

    __durable_shim__ = True
    is_plain = True
    arraysize = either_attribute("arraysize")
    row_factory = either_attribute("row_factory")
    description = either_attribute("description")  # pyright: ignore[reportIncompatibleMethodOverride]
    lastrowid = either_attribute("lastrowid")  # pyright: ignore[reportIncompatibleMethodOverride]

    def __init__(self, connection: Any, /) -> None:
        if getattr(connection, "is_plain", True):
            super().__init__(connection)
            return
        self.is_plain = False
        self._connection: Connection = connection
        self._row_factory = connection.row_factory
        self._number = connection.take_number()
        self._rows: list[Any] = []
        self._names: tuple[str, ...] = ()
        self._query: Done | None = None
        self._taken = 0
        self._last: list[Any] = []
        self._rowcount = -1
        self._is_closed = False

    @property
    def connection(self) -> Any:
        return _REAL_CLASS.connection.__get__(self) if self.is_plain else self._connection

    @property
    def rowcount(self) -> int:
        return _REAL_CLASS.rowcount.__get__(self) if self.is_plain else self._rowcount

    # Statements

    @either
    def execute(self, sql: Any, parameters: Any = (), /) -> Any:
        self._check()
        self._forget()
        params = dict(parameters) if isinstance(parameters, dict) else parameters
        self._take(Done(sql, tuple(params) if isinstance(params, list | tuple) else params), "sqlite3.Cursor.execute")
        return self

    @either
    def executemany(self, sql: Any, parameters: Any, /) -> Any:
        self._check()
        self._forget()
        rows = [dict(row) if isinstance(row, dict) else row for row in parameters]
        rows = [tuple(row) if isinstance(row, list) else row for row in rows]
        self._take(Done(sql, rows, is_many=True), "sqlite3.Cursor.executemany")
        return self

    @either
    def executescript(self, sql_script: Any, /) -> Any:
        self._check()
        if not isinstance(sql_script, str):
            raise TypeError(f"executescript() argument must be str, not {type(sql_script).__name__}")
        if "\0" in sql_script:
            raise ValueError("embedded null character")
        connection = self._connection
        connection.session_commit()
        for sql in statements_of(sql_script):
            self._forget()
            self._take(Done(sql), "sqlite3.Cursor.executescript", is_script=True)
        self._forget()
        return self

    def _forget(self) -> None:
        self._rows, self._query, self._taken, self._names = [], None, 0, ()
        self._rowcount = -1
        self._description: Any = None

    def _take(self, done: Done, callee: str, is_script: bool = False) -> None:
        outcome = self._connection.perform_statement(self._number, done, callee, is_script)
        self._names = tuple(outcome.names or ())
        self._description = None if outcome.names is None else tuple((n, *[None] * 6) for n in outcome.names)
        if not done.is_many:
            self._lastrowid = self._connection.last_row(outcome.lastrowid if is_insert(done.sql) else None)
        self._rowcount = outcome.rowcount
        self._rows = outcome.rows[::-1]
        self._taken = len(outcome.rows)
        self._last = outcome.rows[-1] if outcome.rows else []
        self._query = done if outcome.has_more else None
        if outcome.has_more:
            self._connection.note_half_read(self)

    # Rows

    def _next(self) -> Any:
        if not self._rows and self._query is not None:
            self._fetch()
        if not self._rows:
            raise StopIteration
        return row_of(self._row_factory, self, self._names, tuple(self._rows.pop()))

    def _fetch(self) -> None:
        rows, has_more = self._connection.perform_more(self._number, self._query, self._taken, self._last)
        self._rows = rows[::-1] + self._rows
        self._taken += len(rows)
        self._last = rows[-1] if rows else self._last
        self._query = self._query if has_more else None

    def read_ahead(self) -> None:
        """Fetch what a query has left, before a statement that could change it."""
        while self._query is not None:
            self._fetch()

    @either
    def __iter__(self) -> Any:
        return self

    @either
    def __next__(self) -> Any:
        self._check()
        return self._next()

    @either
    def fetchone(self) -> Any:
        self._check()
        try:
            return self._next()
        except StopIteration:
            return None

    @either
    def fetchmany(self, size: int | None = None) -> list[Any]:
        self._check()
        wanted = self.arraysize if size is None else size
        found: list[Any] = []
        while len(found) < wanted or wanted == 0:
            try:
                found.append(self._next())
            except StopIteration:
                break
        return found

    @either
    def fetchall(self) -> list[Any]:
        self._check()
        found: list[Any] = []
        while self._rows or self._query is not None:
            try:
                found.append(self._next())
            except StopIteration:
                break
        return found

    @either
    def close(self) -> None:
        if "_connection" not in self.__dict__:
            raise _real.ProgrammingError("Base Cursor.__init__ not called.")
        self._connection.check()
        self._is_closed = True
        self._rows, self._query = [], None

    @either
    def setinputsizes(self, sizes: Any, /) -> None:
        return None

    @either
    def setoutputsize(self, size: Any, column: Any = None, /) -> None:
        return None

    def _check(self) -> None:
        self._connection.check()
        if self._is_closed:
            raise _real.ProgrammingError("Cannot operate on a closed cursor.")


def outcome_of(record: list[Any]) -> Outcome:
    """Return the outcome that a step recorded."""
    return Outcome(*record)
