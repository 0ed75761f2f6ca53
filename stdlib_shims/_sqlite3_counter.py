"""Whether a transaction is in a database file: its counters before and after (see the file format, 1.3.4 and 4.)."""

from __future__ import annotations

import os
import sqlite3
import struct
from typing import TYPE_CHECKING, Any

from durable.runner.core.call import UNDONE, UNKNOWN, Settled

if TYPE_CHECKING:
    from durable.stdlib_shims._sqlite3_session import Session

_open, _fstat, _stat, _pread, _exists = os.open, os.fstat, os.stat, os.pread, os.path.exists
_connect = sqlite3.connect
_descriptors: dict[str, int] = {}


class Committed:
    """Probe of a COMMIT: the note is taken while the transaction holds the write lock, so nobody else can move it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self) -> Any:
        """Return {file: counter} of every file of the connection, None if they cannot tell."""
        try:
            live = self._session.revive()
            if live.execute("PRAGMA locking_mode").fetchone() == ("exclusive",):
                return None  # then the counter moves once for many transactions
            files = [row[2] for row in live.execute("PRAGMA database_list") if row[2]]
            return {file: counter(file) for file in files}
        except Exception:
            return None

    def settle(self, note: Any) -> Settled:
        """Say "done" if a counter moved by one transaction, "undone" if none moved."""
        if note is None:
            return UNKNOWN
        try:
            moves = [_moved(before, _after(file, len(before) == 3)) for file, before in note.items()]
        except (OSError, sqlite3.Error):
            return UNKNOWN
        if None in moves:
            return UNKNOWN
        return Settled("done") if any(moves) else UNDONE


class Repeatable:
    """Probe of a statement that may be done twice, or of which nothing is left after a crash."""

    def note(self) -> Any:
        return None

    def settle(self, note: Any) -> Settled:
        return UNDONE


def _after(file: str, is_log: bool) -> list[int]:
    """Return the counter of a file after a crash: reading the schema makes SQLite undo what was left half done."""
    if is_log and not _exists(f"{file}-wal"):
        return []  # a crash leaves the log: somebody has opened and closed the database since
    connection = _connect(file)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return counter(file)
    finally:
        connection.close()


def _moved(before: list[int], after: list[int]) -> bool | None:
    """Compare two counters: False if none, True if one transaction lies between them, None if nobody can say."""
    if before == after:
        return False
    if len(before) != len(after):
        return None
    if len(before) == 1:
        return True if after[0] == before[0] + 1 else None
    is_same_log = before[:2] == after[:2]
    return after[2] > before[2] if is_same_log else after[2] > 0


def counter(file: str) -> list[int]:
    """Return [file change counter], or [salt, salt, last frame] of a database in WAL mode."""
    header = _read(file, 0, 100)
    if len(header) < 100:
        return [0]
    if header[18] == 2:
        index = _read(f"{file}-shm", 0, 48)
        if len(index) == 48:
            return [*struct.unpack_from("=II", index, 32), struct.unpack_from("=I", index, 16)[0]]
        return [0, 0, 0]
    return [int(struct.unpack_from(">I", header, 24)[0])]


def _read(file: str, offset: int, size: int) -> bytes:
    """Read a database file. Its descriptor is kept: closing any would drop the locks that SQLite holds on the file."""
    try:
        place = _stat(file)
    except FileNotFoundError:
        return b""
    descriptor = _descriptors.get(file)
    if descriptor is not None:
        known = _fstat(descriptor)
        if (known.st_dev, known.st_ino) != (place.st_dev, place.st_ino):
            descriptor = None
    if descriptor is None:
        descriptor = _descriptors[file] = _open(file, os.O_RDONLY | os.O_CLOEXEC)
    return _pread(descriptor, size, offset)
