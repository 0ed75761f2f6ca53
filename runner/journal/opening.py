"""Opening the journal file: its schema, its format, its checks, and SQLite's errors in words that say what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from durable.runner.errors import JournalError
from durable.runner.journal.home import Home
from durable.runner.journal.integrity import check_wal

FORMAT = 2
_SMALL = 32 * 1024 * 1024

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, spec TEXT NOT NULL, status TEXT NOT NULL, exit_code INTEGER,
    failed INTEGER, error TEXT NOT NULL DEFAULT '', started_at REAL NOT NULL, updated_at REAL NOT NULL,
    boot TEXT NOT NULL, mac BLOB NOT NULL, end_mac BLOB NOT NULL);
CREATE TABLE sites (n INTEGER PRIMARY KEY, site TEXT NOT NULL UNIQUE, mac BLOB NOT NULL);
CREATE TABLE entries (
    run INTEGER NOT NULL, idx INTEGER NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL,
    payload TEXT NOT NULL, mac BLOB NOT NULL, site INTEGER, at REAL, duration REAL, attempts INTEGER,
    in_doubt INTEGER, strand TEXT, PRIMARY KEY (run, idx)) WITHOUT ROWID;
CREATE TABLE open (
    run INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, site INTEGER, at REAL NOT NULL,
    until REAL, attempts INTEGER NOT NULL, note TEXT NOT NULL, mac BLOB NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID;
CREATE TABLE output (
    run INTEGER NOT NULL, n INTEGER NOT NULL, fd INTEGER NOT NULL, data BLOB NOT NULL, mac BLOB NOT NULL,
    PRIMARY KEY (run, n)) WITHOUT ROWID;
CREATE TABLE inbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    payload TEXT NOT NULL, at REAL NOT NULL, mac BLOB NOT NULL);
"""


def open_file(home: Home) -> sqlite3.Connection:
    """Open (or make) the journal file and check it. Raise JournalError."""
    path = home.journal
    is_new = not path.exists()
    try:
        check_wal(path)
        if is_new:
            path.touch(mode=0o600)
        db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA wal_autocheckpoint=500")
        if not _has_schema(db):
            _make_schema(db)
        _check_format(db, path)
        if not is_new and path.stat().st_size <= _SMALL:
            problems = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problems != "ok":
                raise JournalError(f"{path} is damaged: {problems}. {_advice(path)}")
        return db
    except sqlite3.Error as error:
        raise failure(home, error) from error
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be used: {error.strerror}") from error


def _has_schema(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0])


def _make_schema(db: sqlite3.Connection) -> None:
    db.execute("BEGIN EXCLUSIVE")
    if not _has_schema(db):
        for statement in _SCHEMA.split(";"):
            if statement.strip():
                db.execute(statement)
        db.execute("INSERT INTO meta VALUES ('format', ?)", (str(FORMAT),))
    db.execute("COMMIT")


def _check_format(db: sqlite3.Connection, path: Path) -> None:
    found = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    if found is None or found[0] != str(FORMAT):
        has = "no format number" if found is None else f"format {found[0]}"
        raise JournalError(
            f"{path} was written by another version of durable: it has {has}, this version reads format {FORMAT}. "
            f"Finish its runs with that version, or set DURABLE_HOME to another directory."
        )


def failure(home: Home, error: sqlite3.Error) -> JournalError:
    """Return what SQLite's error means for the journal of `home`."""
    code = getattr(error, "sqlite_errorname", "")
    path = home.journal
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return JournalError(
            f"{path} cannot be written ({error}): the disk is full or failing. What is recorded is kept: free some "
            f"room and give `durable resume`."
        )
    if code in ("SQLITE_BUSY", "SQLITE_LOCKED"):
        return JournalError(f"{path} is locked by another process ({error}). Try again when it has finished.")
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return JournalError(f"{path} cannot be opened for writing ({error}). Check its permissions.")
    return JournalError(f"{path} is damaged ({error}). {_advice(path)}")


def _advice(path: Path) -> str:
    return f"Nothing was run. Put back a copy of {path.name}, or move it away to begin anew (its runs are then lost)."
