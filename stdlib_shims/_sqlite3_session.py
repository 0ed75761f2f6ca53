"""A durable connection apart from its class: what the program did to it, and the live connection that steps use.

The live connection is opened within steps only and always in autocommit mode: the transactions that the sqlite3 module
begins by itself are begun here. After a crash it is opened again, set up again, and the statements of the transaction
that was open are applied again (of a database in memory: all statements).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from durable.runner.core.call import Site
from durable.runner.errors import ResourceLost
from durable.stdlib_shims._sqlite3_text import is_insert

CHUNK = 1000
_connect = sqlite3.connect
STATE = "_durable_state"


@dataclass
class Done:
    """A statement that was performed: `expected` is [changed rows, last row id] or the class of its error."""

    sql: str
    params: Any = ()
    is_many: bool = False
    expected: Any = None


@dataclass
class Outcome:
    """What a statement gave. `rows` are the first ones; `has_more` says that the live cursor holds others.

    `changes` counts the rows changed; `is_open` says whether a transaction is open now.
    """

    rows: list[list[Any]] = field(default_factory=list)
    has_more: bool = False
    names: list[str] | None = None
    lastrowid: int | None = None
    rowcount: int = -1
    is_open: bool = False
    changes: int = 0

    def record(self) -> list[Any]:
        """Return this as a short record; `Outcome(*record)` is it again."""
        return [self.rows, self.has_more, self.names, self.lastrowid, self.rowcount, self.is_open, self.changes]


class Session:
    """The state of one durable connection. Everything but `live`, `cursors` and `seen` follows from the program's
    order and the records."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any], site: Site, is_memory: bool) -> None:
        self.args = args
        self.kwargs = kwargs
        self.site = site
        self.is_memory = is_memory
        self.set_up: list[Callable[[sqlite3.Connection], Any]] = []
        self.pending: list[Done] = []
        self.history: list[Done] = []
        self.is_open = False
        self.changes = 0
        self.text_factory: Any = str
        self.live: sqlite3.Connection | None = None
        self.cursors: dict[int, sqlite3.Cursor] = {}
        self.seen = 0

    # Within steps

    def revive(self) -> sqlite3.Connection:
        """Return the live connection, opened and brought to where the program is. Raise ResourceLost."""
        if self.live is None:
            live = self._opened()
            for set_up in self.set_up:
                set_up(live)
            for done in self.history if self.is_memory else self.pending:
                self._apply(live, done)
            self.seen = live.total_changes
            self.live = live
        return self.live

    def _opened(self) -> sqlite3.Connection:
        live: sqlite3.Connection = _connect(*self.args, **self.kwargs)
        live.isolation_level = None
        live.text_factory = self.text_factory
        # A page written to the file before the commit would move its change counter before the commit.
        live.execute("PRAGMA cache_spill=OFF")
        return live

    def _apply(self, live: sqlite3.Connection, done: Done) -> None:
        before = live.total_changes
        cursor = live.cursor()
        found: Any
        try:
            (cursor.executemany if done.is_many else cursor.execute)(done.sql, done.params)
            cursor.fetchall()
            found = [live.total_changes - before, cursor.lastrowid if is_insert(done.sql) else None]
            shown = str(found)
        except sqlite3.Error as error:
            found, shown = type(error).__name__, f"{type(error).__name__}: {error}"
        if done.expected is not None and found != done.expected:
            live.close()
            raise ResourceLost(
                f"{self.site.file}:{self.site.line}: the database connection opened here was lost in a crash with a "
                f"transaction open, and doing its statements again gave another result: {done.sql!r} gave {shown}, "
                f"before it gave {done.expected}. Somebody else uses the database or has changed it since."
            )

    def execute(self, number: int, done: Done, begin: str | None, undo_on_error: bool) -> list[Any]:
        """Perform a statement for cursor `number`, after `begin` where no transaction is open; return its Outcome."""
        live = self.revive()
        self.cursors.pop(number, None)
        try:
            if begin is not None and not live.in_transaction:
                live(done.sql)  # what cannot be prepared begins nothing
                live.execute(begin)
            cursor = live.cursor()
            (cursor.executemany if done.is_many else cursor.execute)(done.sql, done.params)
            return self._outcome(live, cursor, number).record()
        except Exception as error:
            if undo_on_error and live.in_transaction:
                live.rollback()
            error.__dict__[STATE] = list(self.state(live))
            raise

    def _outcome(self, live: sqlite3.Connection, cursor: sqlite3.Cursor, number: int) -> Outcome:
        names = [column[0] for column in cursor.description] if cursor.description else None
        rows: list[list[Any]] = []
        if names is not None:
            is_query = cursor.rowcount == -1
            rows = [list(row) for row in (cursor.fetchmany(CHUNK) if is_query else cursor.fetchall())]
        has_more = len(rows) == CHUNK and cursor.rowcount == -1
        if has_more:
            self.cursors[number] = cursor
        is_open, changes = self.state(live)
        return Outcome(rows, has_more, names, cursor.lastrowid, cursor.rowcount, is_open, changes)

    def more(self, number: int, done: Done, skipped: int, last: list[Any]) -> list[Any]:
        """Return [the next rows of a query, whether there are others]; a lost cursor is moved to its place, behind the
        row `last`."""
        live = self.revive()
        cursor = self.cursors.get(number)
        if cursor is None:
            cursor = live.cursor()
            cursor.execute(done.sql, done.params)
            found: Any = None
            for _ in range(skipped):
                found = cursor.fetchone()
            if found is None or list(found) != last:
                raise ResourceLost(
                    f"{self.site.file}:{self.site.line}: a query of the database connection opened here was half read "
                    f"when it was lost in a crash, and its rows have changed since: {done.sql!r}"
                )
        rows = [list(row) for row in cursor.fetchmany(CHUNK)]
        has_more = len(rows) == CHUNK
        if has_more:
            self.cursors[number] = cursor
        else:
            self.cursors.pop(number, None)
        return [rows, has_more]

    def state(self, live: sqlite3.Connection) -> tuple[bool, int]:
        """Return whether a transaction is open and how many rows have changed since this was asked last."""
        changes, self.seen = live.total_changes - self.seen, live.total_changes
        return live.in_transaction, changes

    def end(self, statement: str, undo_on_error: bool = False) -> list[Any]:
        """Perform COMMIT or ROLLBACK; return its Outcome."""
        if statement == "ROLLBACK" and self.live is None and not self.is_memory:
            return Outcome().record()  # nothing is left of the transaction after a crash
        live = self.revive()
        try:
            if live.in_transaction:
                live.execute(statement)
        except Exception as error:
            if undo_on_error and live.in_transaction:
                live.rollback()
            error.__dict__[STATE] = list(self.state(live))
            raise
        is_open, changes = self.state(live)
        return Outcome(is_open=is_open, changes=changes).record()

    def close(self) -> None:
        live, self.live = self.live, None
        self.cursors.clear()
        if live is not None:
            live.close()

    # In the strand

    def begin(self, statement: str) -> None:
        """Take in that the next statement begins a transaction."""
        (self.history if self.is_memory else self.pending).append(Done(statement))

    def note(self, done: Done, outcome: Outcome) -> None:
        """Take in what a statement did."""
        done.expected = [outcome.changes, outcome.lastrowid if is_insert(done.sql) else None]
        self._take(done, outcome.is_open, outcome.changes)

    def note_error(self, done: Done | None, error: Exception) -> None:
        """Take in the state after an error."""
        state = error.__dict__.pop(STATE, None)
        if state is None:
            return
        if done is not None:
            done.expected = type(error).__name__
        self._take(done, *state)

    def _take(self, done: Done | None, is_open: bool, changes: int) -> None:
        self.changes += changes
        self.is_open = is_open
        if done is not None:
            (self.history if self.is_memory else self.pending).append(done)
        if not is_open and not self.is_memory:
            self.pending.clear()

    def ended(self, statement: str, outcome: Outcome) -> None:
        """Take in a COMMIT or ROLLBACK."""
        if self.is_memory and self.is_open:
            self.history.append(Done(statement))
        self._take(None, outcome.is_open, outcome.changes)

    def set(self, set_up: Callable[[sqlite3.Connection], Any]) -> None:
        """Remember something to do to every live connection, and do it to the present one."""
        self.set_up.append(set_up)
        if self.live is not None:
            set_up(self.live)
