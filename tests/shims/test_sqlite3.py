"""Databases: plain = durable = durable crashed after every event, in value, output and database."""

from __future__ import annotations

import gc
import json
import sqlite3 as real
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from durable.runner.core.call import Site
from durable.runner.engines.memory import Played, play
from durable.runner.errors import ResourceLost
from durable.stdlib_shims import sqlite3
from durable.stdlib_shims._sqlite3_counter import Committed
from durable.stdlib_shims._sqlite3_session import Session

Program = Callable[[str], Any]
real_connect = real.connect


def dump(path: Path) -> list[str]:
    if not path.exists():
        return []
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def crashed_everywhere(program: Program, folder: Path) -> Played:
    """Run `program` plain, durably, and dropped after every event and resumed; compare everything."""
    plain_path, path = folder / "plain.db", folder / "db"
    plain = program(str(plain_path))
    whole = play(lambda: program(str(path)))
    assert whole.error is None, whole.error
    assert (whole.value, dump(path)) == (plain, dump(plain_path))
    for cut in range(len(whole.events)):
        for file in folder.glob("db*"):
            file.unlink()
        first = play(lambda: program(str(path)), crash_after=cut)
        assert first.crashed
        events = first.events
        del first
        gc.collect()  # the dropped run's connections close, as those of a killed process do
        last = play(lambda: program(str(path)), events)
        assert last.error is None, (cut, last.error)
        assert (last.value, dump(path)) == (plain, dump(plain_path)), cut
    return whole


def orders(path: str) -> Any:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, item TEXT, n INT)")
    seen = []
    for i in range(3):
        with connection:
            cursor = connection.execute("INSERT INTO orders (item, n) VALUES (?, ?)", (f"item {i}", i))
            seen.append((cursor.lastrowid, cursor.rowcount, connection.in_transaction))
            connection.execute("UPDATE orders SET n = n + 1 WHERE id = :id", {"id": cursor.lastrowid})
        seen.append((connection.in_transaction, connection.total_changes))
    rows = connection.execute("SELECT item, n FROM orders ORDER BY id").fetchall()
    connection.close()
    return seen, rows


def failures(path: str) -> Any:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
    seen: list[Any] = []
    try:
        with connection:
            connection.execute("INSERT INTO t VALUES (1)")
            connection.execute("INSERT INTO t VALUES (1)")
    except sqlite3.IntegrityError as error:
        seen.append((type(error).__name__, str(error), error.sqlite_errorname, connection.in_transaction))
    try:
        connection.executemany("INSERT INTO t VALUES (?)", [(2,), (3,), (2,), (4,)])
    except sqlite3.IntegrityError:
        seen.append(connection.in_transaction)
    connection.commit()
    for sql in ("SELECT nothing", "INSERT INTO missing VALUES (1)", "SELECT 1; SELECT 2", "COMMIT"):
        try:
            connection.execute(sql)
        except (sqlite3.Error, sqlite3.Warning) as error:
            seen.append((sql, type(error).__name__, str(error), connection.in_transaction))
    connection.rollback()
    connection.close()
    for call in (connection.commit, connection.cursor, lambda: connection.execute("SELECT 1")):
        try:
            call()
        except sqlite3.ProgrammingError as error:
            seen.append(str(error))
    return seen


def settings(path: str) -> Any:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.create_function("twice", 1, lambda value: value * 2)
    connection.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE child (parent REFERENCES parent(id))")
    seen: list[Any] = []
    try:
        connection.execute("INSERT INTO child VALUES (9)")
    except sqlite3.IntegrityError as error:
        seen.append(str(error))
    connection.execute("INSERT INTO parent VALUES (twice(4))")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO parent VALUES (9)")
    connection.execute("SAVEPOINT here")
    connection.execute("INSERT INTO parent VALUES (10)")
    connection.execute("ROLLBACK TO here")
    connection.execute("COMMIT")
    row = connection.execute("SELECT id AS number, twice(id) FROM parent").fetchone()
    seen += [type(row) is real.Row, tuple(row), row.keys(), row["number"]]
    connection.text_factory = bytes
    seen += [tuple(connection.execute("SELECT 'text'").fetchone())]
    names = connection.execute("SELECT v FROM (SELECT 'a' v UNION SELECT 'b') ORDER BY v COLLATE backwards")
    seen += [[tuple(row) for row in names], connection.isolation_level]
    return seen


def scripts(path: str) -> Any:
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE a (x); -- a comment; with a semicolon
        CREATE TABLE log (x);
        CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO log VALUES (new.x); END;
        INSERT INTO a VALUES ('a;b');
        BEGIN; INSERT INTO a VALUES (2); INSERT INTO a VALUES (3); COMMIT;
        INSERT INTO a VALUES (4)
        """
    )
    cursor = connection.cursor()
    cursor.execute("INSERT INTO a VALUES (5)")
    cursor.executescript("DELETE FROM log WHERE x = 2;")
    found = cursor.execute("SELECT * FROM log").fetchall(), connection.in_transaction
    connection.executemany("INSERT INTO a VALUES (?)", ((i,) for i in range(3)))
    connection.rollback()
    return found, connection.execute("SELECT count(*) FROM a").fetchone()


def large(path: str) -> Any:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.executemany("INSERT INTO t VALUES (?)", [(i,) for i in range(2500)])
    connection.commit()
    cursor = connection.execute("SELECT a FROM t ORDER BY a")
    total = 0
    for (a,) in cursor:
        total += a
        if a == 1200:
            connection.execute("INSERT INTO t VALUES (-1)")
            connection.commit()
    return total, [column[0] for column in cursor.description], cursor.fetchone(), cursor.fetchmany(2)


def memory(path: str) -> Any:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    with connection:
        connection.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
    connection.execute("DELETE FROM t WHERE a = 1")
    connection.rollback()
    target = sqlite3.connect(path)
    connection.backup(target)
    other = sqlite3.connect(":memory:")
    target.backup(other)
    other.execute("INSERT INTO t VALUES (3)")
    target.close()
    return connection.execute("SELECT * FROM t").fetchall(), other.execute("SELECT * FROM t").fetchall()


def dictionaries(path: str) -> Any:
    class Mine(sqlite3.Connection):
        def insert(self, value: int) -> int | None:
            return self.execute("INSERT INTO t VALUES (?)", (value,)).lastrowid

    def as_dict(cursor: Any, row: Any) -> Any:
        return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}

    connection = sqlite3.connect(path, 5.0, 0, "IMMEDIATE", True, Mine)
    assert connection.isolation_level == "IMMEDIATE"
    connection.row_factory = as_dict
    connection.execute("CREATE TABLE t (a, b DEFAULT 1.5, c DEFAULT x'00ff')")
    connection.execute("INSERT INTO t (a) VALUES (?) RETURNING a, b", ("ä",)).fetchall()
    connection.commit()
    cursor = connection.cursor()
    assert isinstance(connection, real.Connection)
    assert isinstance(cursor, real.Cursor)
    connection.row_factory = None
    return cursor.execute("SELECT * FROM t").fetchall(), list(connection.iterdump()), cursor.connection is connection


PROGRAMS = [orders, failures, settings, scripts, large, memory, dictionaries]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_crash_changes_nothing(program: Program, tmp_path: Path) -> None:
    whole = crashed_everywhere(program, tmp_path)
    assert play(lambda: program(str(tmp_path / "db")), whole.events).performed == []


def test_objects_made_outside_of_runs_are_real(tmp_path: Path) -> None:
    class Mine(sqlite3.Connection):
        pass

    assert type(sqlite3.connect(":memory:")) is real.Connection
    connection = sqlite3.connect(tmp_path / "db", factory=Mine)
    connection.row_factory = sqlite3.Row
    with connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (1)")
        assert connection.in_transaction
    assert tuple(connection.execute("SELECT a FROM t").fetchone()) == (1,)
    assert (connection.total_changes, connection.isolation_level) == (1, "")
    cursor = sqlite3.Cursor(connection)
    assert (cursor.arraysize, cursor.execute("SELECT 2").fetchone()[0], cursor.connection) == (1, 2, connection)
    connection.close()


def test_another_strand_may_not_use_a_connection(tmp_path: Path) -> None:
    def program() -> Any:
        connection = sqlite3.connect(tmp_path / "db")
        free = sqlite3.connect(tmp_path / "db", check_same_thread=False)
        seen: list[Any] = []

        def other() -> None:
            try:
                connection.execute("SELECT 1")
            except sqlite3.ProgrammingError as error:
                seen.append(str(error).partition(".")[0])
            seen.append(free.execute("SELECT 1").fetchone())

        from durable.stdlib_shims import threading as shim

        thread = shim.Thread(target=other)
        thread.start()
        thread.join()
        return seen

    played = play(program)
    assert played.value == ["SQLite objects created in a thread can only be used in that same thread", (1,)]


def test_a_statement_that_no_longer_fits_is_not_applied_again(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with real_connect(path) as setup:
        setup.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    setup.close()

    def program() -> Any:
        connection = sqlite3.connect(path)
        connection.execute("INSERT INTO t (a) VALUES (1)")
        connection.execute("INSERT INTO t (a) VALUES (2)")
        connection.commit()

    first = play(program, crash_after=2)
    gc.collect()
    with real_connect(path) as other:
        other.execute("INSERT INTO t (a) VALUES (9)")
    other.close()
    with pytest.raises(ResourceLost, match="Somebody else uses the database or has changed it"):
        play(program, first.events)


class TestProbe:
    """Whether a COMMIT in doubt has happened is seen in the file's counter."""

    @pytest.mark.parametrize("mode", ["delete", "truncate", "persist", "wal"])
    def test_it_tells_done_from_undone(self, mode: str, tmp_path: Path) -> None:
        path = str(tmp_path / "db")
        with real_connect(path) as setup:
            setup.execute(f"PRAGMA journal_mode={mode}")
            setup.execute("CREATE TABLE t (a)")
        idle = real_connect(path)  # a crashed process leaves the log, the last one that closes does not
        idle.execute("SELECT * FROM t")
        for ending, state in (("COMMIT", "done"), ("ROLLBACK", "undone"), ("COMMIT", "done")):
            session = Session((path,), {}, Site("s", "c", "open", "f", 1, 1, "m"), False)
            live = session.revive()
            live.execute("BEGIN")
            live.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 5000)
            probe = Committed(session)
            note = json.loads(json.dumps(probe.note()))
            live.execute(ending)
            live.close()
            assert probe.settle(note).state == state
        idle.close()
        setup.close()
        if mode == "wal":
            assert probe.settle(note).state == "unknown"

    def test_a_file_that_others_wrote_too_is_unknown(self, tmp_path: Path) -> None:
        path = str(tmp_path / "db")
        session = Session((path,), {}, Site("s", "c", "open", "f", 1, 1, "m"), False)
        session.revive().execute("CREATE TABLE t (a)")
        probe = Committed(session)
        note = probe.note()
        for i in range(2):
            session.revive().execute("INSERT INTO t VALUES (?)", (i,))
        session.close()
        assert probe.settle(note).state == "unknown"
        assert probe.settle(None).state == "unknown"
