"""What SQLite does not tell about a journal's WAL: it silently drops everything behind a damaged frame.

As long as the machine has not been started anew since the last commit, nothing that was written can be missing. So the
number of committed frames that the last process noted in the shared-memory index is compared with the number that
SQLite finds again when it recovers the WAL: fewer are damage and not the trace of a crash. (Formats:
https://sqlite.org/walformat.html)
"""

from __future__ import annotations

import functools
import sqlite3
import sys
from pathlib import Path
from typing import NamedTuple

from durable.runner.errors import JournalError

_HEADER = 32


class _Index(NamedTuple):
    """The header of a wal-index: frames committed, frames already copied into the database, the WAL's salts."""

    frames: int
    copied: int
    salts: bytes


@functools.cache
def boot_id() -> str:
    """Return a name for the time since the machine was started; "" where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def check_wal(journal: Path) -> None:
    """Raise JournalError if the WAL beside `journal` lost commits other than by a power failure.

    Call it before the journal is opened, also for one that does not exist yet.
    """
    wal, shm = Path(f"{journal}-wal"), Path(f"{journal}-shm")
    marker = journal.with_name("boot")
    same_boot = _last_boot(marker) == boot_id() != ""
    if same_boot and wal.exists() and wal.stat().st_size >= _HEADER and shm.exists():
        _compare(journal, wal, shm)
    if not same_boot and boot_id():
        marker.write_text(boot_id())


def _last_boot(marker: Path) -> str:
    try:
        return marker.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _compare(journal: Path, wal: Path, shm: Path) -> None:
    noted = shm.read_bytes()
    with wal.open("rb") as file:
        salts = file.read(_HEADER)[16:24]
    before = _index(noted)
    if before is None or before.frames == before.copied or shm.read_bytes() != noted:
        return  # nothing to lose, or another process is writing
    found = 0
    if salts == before.salts:
        after = _index(shm.read_bytes()) if _recover(journal) else None
        if after is None or after.salts != salts or after.frames >= before.frames:
            return
        found = after.frames
        shm.write_bytes(noted)  # as it was before the look, so that the next one sees the damage too
    raise JournalError(
        f"{wal} is damaged: {before.frames} frames were committed, {found} can be read. Nothing was run. Put back "
        f"a copy of the journal, or move it away to begin anew (its runs are then lost)."
    )


def _index(shm: bytes) -> _Index | None:
    """Return what a wal-index says; None for one that is empty or was being written."""
    if len(shm) < 136 or shm[:48] != shm[48:96] or not shm[12]:
        return None
    order = sys.byteorder
    return _Index(int.from_bytes(shm[16:20], order), int.from_bytes(shm[96:100], order), shm[32:40])


def _recover(journal: Path) -> bool:
    """Have SQLite recover the wal-index if no process is using it; a reader cannot change the journal itself."""
    try:
        db = sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True)
        try:
            db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        finally:
            db.close()
    except sqlite3.Error:
        return False
    return True
