"""`sqlite3.Connection` for strands: every statement is a step on a live connection that a crash does not end.

In a transaction a statement changes nothing that outlives the process, so it is recorded as a read is, without waiting
for the disk; what the world sees is the COMMIT: a write, which a probe looks for in the database file after a crash. A
statement outside of a transaction is performed in one of its own.
"""

from __future__ import annotations

import contextlib
import copyreg
import sqlite3 as _real
import threading
import weakref
from collections.abc import Callable, Generator
from typing import Any, Literal

from durable.runner import context
from durable.runner.core.call import Call, Probe
from durable.runner.run import Run
from durable.stdlib_shims._sqlite3_counter import Committed, Repeatable
from durable.stdlib_shims._sqlite3_cursor import Cursor, either, either_attribute, outcome_of
from durable.stdlib_shims._sqlite3_opening import CONNECT, POSITIONS, mixed, place_of, setting, try_out
from durable.stdlib_shims._sqlite3_rows import scratch
from durable.stdlib_shims._sqlite3_session import Done, Outcome, Session
from durable.stdlib_shims._sqlite3_text import Kind, kind_of

_DEFAULT_LEVEL = ""
_SESSION_STATE = ("pending", "history", "is_open", "changes")
_REAL_CLASS: Any = _real.Connection


_sessions: weakref.WeakKeyDictionary[Run, weakref.WeakSet[Session]] = weakref.WeakKeyDictionary()


def drop_connections(run: Run) -> None:
    """Close the live connections of a run that is dropped: what they have locked is free, as after a crash."""
    for session in list(_sessions.pop(run, ())):
        with contextlib.suppress(_real.Error):
            session.close()


class Connection(_real.Connection):
    """A connection of a run; made outside of runs it is a real one."""

    __durable_shim__ = True
    is_plain = True
    row_factory = either_attribute("row_factory")

    def __init__(self, database: Any, *args: Any, **kwargs: Any) -> None:
        run = context.current()
        if run is None:
            super().__init__(database, *args, **kwargs)
            return
        given = dict(zip(POSITIONS, (database, *args), strict=False)) | kwargs
        self.is_plain = False
        self._level = given.pop("isolation_level", _DEFAULT_LEVEL)
        scratch().isolation_level = self._level  # raises what the real class raises
        self._is_checked = given.pop("check_same_thread", True)
        path = given.pop("database")
        given.pop("factory", None)
        place, is_memory = place_of(path, bool(given.get("uri")))
        self._strand = run.strand
        self._thread = threading.get_ident()
        self._is_closed = False
        self._numbers = 0
        self._half_read: list[weakref.ref[Cursor]] = []
        self._last_row: int | None = 0
        site = run.take_site("sqlite3.connect", "open")
        self._session = Session((place,), {**given, "check_same_thread": False}, site, is_memory)
        _sessions.setdefault(run, weakref.WeakSet()).add(self._session)
        run.perform(Call(self._open, (), {}, "open", site))

    def _open(self) -> None:
        self._session.revive()

    def __durable_reduce__(self) -> tuple[Any, ...]:
        """Return what a step that is given the connection may change; the connection itself cannot be stored."""
        if self.is_plain:
            raise TypeError("cannot pickle a database connection")
        state = {name: getattr(self._session, name) for name in _SESSION_STATE}
        own = {"_last_row": self._last_row, "_numbers": self._numbers}
        return copyreg.__newobj__, (type(self),), [state, own]  # type: ignore[attr-defined]

    def __setstate__(self, state: list[dict[str, Any]]) -> None:
        vars(self._session).update(state[0])
        vars(self).update(state[1])

    # What cursors use

    def take_number(self) -> int:
        """Return the number of a new cursor."""
        self._numbers += 1
        return self._numbers

    def check(self) -> None:
        """Raise ProgrammingError for a connection that is closed or another thread's."""
        if "_session" not in self.__dict__:
            raise _real.ProgrammingError("Base Connection.__init__ not called.")
        run = context.current()
        if run is not None and self._is_checked and run.strand is not self._strand:
            raise _real.ProgrammingError(
                "SQLite objects created in a thread can only be used in that same thread. The object was created in "
                f"thread id {self._thread} and this is thread id {threading.get_ident()}."
            )
        if self._is_closed:
            raise _real.ProgrammingError("Cannot operate on a closed database.")

    def last_row(self, found: int | None) -> int | None:
        """Return the last row id of the connection after a statement that set it to `found` (None, 0: it did not)."""
        self._last_row = found or self._last_row
        return self._last_row

    def perform_statement(self, number: int, done: Done, callee: str, is_script: bool = False) -> Outcome:
        """Perform one statement with the transactions that belong to it, and return what it gave."""
        session = self._session
        kind = kind_of(done.sql) if isinstance(done.sql, str) else Kind.QUERY
        if kind is not Kind.QUERY:
            self._read_ahead()
        if kind in (Kind.COMMIT, Kind.ROLLBACK) and session.is_open:
            return self._end("COMMIT" if kind is Kind.COMMIT else "ROLLBACK", callee)
        is_implicit = kind is Kind.CHANGE and self._level is not None and not is_script
        is_alone = not session.is_open and not is_implicit and kind in (Kind.CHANGE, Kind.SCHEMA)
        begin = None
        if not session.is_open and is_implicit:
            begin = f"BEGIN {self._level}".rstrip()
        elif is_alone and not session.is_memory:
            begin = "BEGIN"
        is_one_off = kind is Kind.ONE_OFF and not session.is_open
        outcome = self._execute(number, done, callee, begin, is_alone, is_one_off)
        if kind is Kind.SETTING:
            session.set_up.append(setting(done))
        elif kind is not Kind.QUERY:
            session.note(done, outcome)
        if is_alone and begin is not None:
            self._end("COMMIT", callee, undo_on_error=True)
        return outcome

    def _execute(
        self, number: int, done: Done, callee: str, begin: str | None, is_alone: bool, is_one_off: bool
    ) -> Outcome:
        session = self._session
        effect, probe = ("write", Repeatable()) if is_one_off else ("read", None)
        try:
            record = self._perform(session.execute, (number, done, begin, is_alone), effect, callee, probe)
        except Exception as error:
            if begin is not None and not is_alone:
                session.begin(begin)
            session.note_error(done, error)
            raise
        if begin is not None:
            session.begin(begin)
        return outcome_of(record)

    def note_half_read(self, cursor: Cursor) -> None:
        """Remember a cursor that has rows left."""
        self._half_read.append(weakref.ref(cursor))

    def _read_ahead(self) -> None:
        """Fetch what queries have left: after a crash they could not be read on once their rows have changed."""
        half_read, self._half_read = self._half_read, []
        for reference in half_read:
            cursor = reference()
            if cursor is not None:
                cursor.read_ahead()

    def perform_more(self, number: int, done: Any, skipped: int, last: list[Any]) -> Any:
        """Return the next rows of a query and whether there are others."""
        args = (number, done, skipped, last)
        return self._perform(self._session.more, args, "read", "sqlite3.Cursor.fetchmany", None)

    def session_commit(self) -> None:
        """Commit if a transaction is open."""
        if self._session.is_open:
            self._end("COMMIT", "sqlite3.Connection.commit")

    def _end(self, statement: str, callee: str, undo_on_error: bool = False) -> Outcome:
        self._read_ahead()
        session = self._session
        is_write = statement == "COMMIT" and not session.is_memory
        probe = Committed(session) if is_write else None
        try:
            record = self._perform(
                session.end, (statement, undo_on_error), "write" if is_write else "read", callee, probe
            )
        except Exception as error:
            session.note_error(None, error)
            raise
        outcome = Outcome() if record is None else outcome_of(record)  # None: the probe found it done
        session.ended(statement, outcome)
        return outcome

    def _perform(
        self, fn: Callable[..., Any], args: tuple[Any, ...], effect: str, callee: str, probe: Probe | None
    ) -> Any:
        run = context.current()
        if run is None:
            return fn(*args)  # a library uses the connection within a step
        return run.perform(Call(fn, args, {}, effect, run.take_site(callee, effect), (), probe))

    # Transactions

    @either
    def commit(self) -> None:
        self.check()
        self.session_commit()

    @either
    def rollback(self) -> None:
        self.check()
        if self._session.is_open:
            self._end("ROLLBACK", "sqlite3.Connection.rollback")

    @either
    def __enter__(self) -> Any:
        self.check()
        return self

    @either
    def __exit__(self, kind: Any, error: Any, traceback: Any, /) -> Literal[False]:
        if kind is not None:
            self.rollback()
            return False
        try:
            self.commit()
        except Exception:
            self.rollback()
            raise
        return False

    @property
    def in_transaction(self) -> bool:
        if self.is_plain:
            return _REAL_CLASS.in_transaction.__get__(self)  # type: ignore[no-any-return]
        return self._session.is_open

    @property
    def total_changes(self) -> int:
        if self.is_plain:
            return _REAL_CLASS.total_changes.__get__(self)  # type: ignore[no-any-return]
        self.check()
        return self._session.changes

    @property
    def isolation_level(self) -> Any:
        return _REAL_CLASS.isolation_level.__get__(self) if self.is_plain else self._level

    @isolation_level.setter
    def isolation_level(self, value: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        if self.is_plain:
            _REAL_CLASS.isolation_level.__set__(self, value)
            return
        scratch().isolation_level = value
        self._level = value
        if value is None:
            self.session_commit()

    @property
    def text_factory(self) -> Any:
        return _REAL_CLASS.text_factory.__get__(self) if self.is_plain else self._session.text_factory

    @text_factory.setter
    def text_factory(self, value: Any) -> None:
        if self.is_plain:
            _REAL_CLASS.text_factory.__set__(self, value)
            return
        self._session.text_factory = value
        if self._session.live is not None:
            self._session.live.text_factory = value

    # Statements

    @either
    def cursor(self, factory: Any = Cursor) -> Any:
        self.check()
        cursor = mixed(factory, Cursor)(self)
        if not isinstance(cursor, _real.Cursor):
            raise TypeError(f"factory must return a cursor, not {type(cursor).__name__}")
        return cursor

    @either
    def execute(self, sql: Any, parameters: Any = (), /) -> Any:
        return self.cursor().execute(sql, parameters)

    @either
    def executemany(self, sql: Any, parameters: Any, /) -> Any:
        return self.cursor().executemany(sql, parameters)

    @either
    def executescript(self, sql_script: Any, /) -> Any:
        return self.cursor().executescript(sql_script)

    @either
    def close(self) -> None:
        if self._is_closed:
            return
        self.check()
        self._perform(self._session.close, (), "read", "sqlite3.Connection.close", None)
        self._is_closed = True
        self._session.is_open = False
        self._session.pending.clear()

    @either
    def iterdump(self) -> Generator[str, None, None]:
        from sqlite3.dump import _iterdump  # type: ignore[attr-defined]

        self.check()
        return _iterdump(self)  # type: ignore[no-any-return]

    @either
    def backup(self, target: Any, **kwargs: Any) -> None:
        self.check()
        if not isinstance(target, _real.Connection):
            raise TypeError(f"backup() argument 1 must be sqlite3.Connection, not {type(target).__name__}")
        copied = self._perform(self._copy_to, (target, kwargs), "write", "sqlite3.Connection.backup", Repeatable())
        if copied is not None:
            session = target._session  # type: ignore[attr-defined]
            session.history.clear()
            session.set(lambda live: live.deserialize(copied))

    def _copy_to(self, target: Any, kwargs: dict[str, Any]) -> bytes | None:
        """Copy the database to `target` (within a step) and return the copy if it would be lost in a crash."""
        live = self._session.revive()
        if getattr(target, "is_plain", True):
            live.backup(target, **kwargs)
            return None
        copy = target._session.revive()
        live.backup(copy, **kwargs)
        return copy.serialize() if target._session.is_memory else None

    @either
    def serialize(self, *, name: str = "main") -> bytes:
        self.check()
        return self._perform(self._serialized, (name,), "read", "sqlite3.Connection.serialize", None)  # type: ignore[no-any-return]

    def _serialized(self, name: str) -> bytes:
        return self._session.revive().serialize(name=name)

    @either
    def deserialize(self, data: Any, /, *, name: str = "main") -> None:
        self.check()
        copied = bytes(data)
        self._perform(lambda: None, (), "read", "sqlite3.Connection.deserialize", None)
        self._session.set(lambda live: live.deserialize(copied, name=name))

    @either
    def blobopen(self, *args: Any, **kwargs: Any) -> Any:
        raise _real.NotSupportedError("durable does not support Connection.blobopen: read and write the column instead")

    @either
    def interrupt(self) -> None:
        self.check()
        if self._session.live is not None:
            self._session.live.interrupt()

    @either
    def getlimit(self, category: int, /) -> int:
        self.check()
        return self._perform(lambda: self._session.revive().getlimit(category), (), "read", _LIMIT, None)  # type: ignore[no-any-return]

    @either
    def setlimit(self, category: int, limit: int, /) -> int:
        before = self.getlimit(category)
        self._session.set(lambda live: live.setlimit(category, limit))
        return before


_LIMIT = "sqlite3.Connection.getlimit"
_SET_UPS = (
    *("create_function", "create_aggregate", "create_collation", "create_window_function"),
    *("set_authorizer", "set_progress_handler", "set_trace_callback"),
)


def _set_up(name: str) -> Callable[..., Any]:
    """Return a method that sets up the live connection, now and after each re-opening."""
    real = getattr(_real.Connection, name)

    def method(self: Connection, /, *args: Any, **kwargs: Any) -> None:
        self.check()
        try_out(real, args, kwargs)
        self._session.set(lambda live: real(live, *args, **kwargs))

    method.__name__, method.__doc__ = name, real.__doc__
    return either(method)


for _name in _SET_UPS:
    setattr(Connection, _name, _set_up(_name))


def connect(database: Any, *args: Any, **kwargs: Any) -> Any:
    """Open a database as `sqlite3.connect` does; in a strand the connection is durable."""
    if context.current() is None:
        return CONNECT(database, *args, **kwargs)
    given = dict(zip(POSITIONS[1:], args, strict=False)) | kwargs
    return mixed(given.pop("factory", Connection), Connection)(database, **given)
