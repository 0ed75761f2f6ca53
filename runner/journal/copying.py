"""A private copy of a journal, for commands that only look: the real file is never opened by SQLite.

Even a connection that only reads writes to the shared-memory index, and the last one to close moves the WAL into the
file. The copy is taken while other processes may be writing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from durable.runner.errors import JournalError
from durable.runner.journal.home import Home

_TRIES = 20
_WAL_HEADER = 32
_Stamp = tuple[bytes, int, int]


@dataclass(frozen=True)
class CopiedHome(Home):
    """A home whose journal is the copy in `folder`; its code and locks are the real ones."""

    folder: Path

    @property
    def journal(self) -> Path:
        return self.folder / "journal.db"


@contextmanager
def copied(home: Home) -> Iterator[CopiedHome]:
    """Inside the block there is a copy of the journal of `home` as of now. Raise JournalError."""
    with TemporaryDirectory(prefix="durable-look-") as name:
        folder = Path(name)
        try:
            if not any(_copy(home.journal, folder) for _ in range(_TRIES)):
                _back_up(home.journal, folder / "journal.db")
        except (OSError, sqlite3.Error) as error:
            raise JournalError(f"the journal {home.journal} cannot be read: {error}") from error
        yield CopiedHome(home.path, folder)


def _copy(journal: Path, folder: Path) -> bool:
    """Copy the files; return False if they do not fit together because the WAL was begun anew meanwhile.

    While a WAL goes on, every page that a checkpoint writes to the file is in the WAL too, and a half-written commit at
    its end is dropped when it is read.
    """
    before = _stamp(journal)
    for suffix in ("-shm", "", "-wal"):  # the index first: it must not tell of more than the WAL has
        source = Path(f"{journal}{suffix}")
        target = folder / f"journal.db{suffix}"
        target.unlink(missing_ok=True)
        if source.exists():
            target.write_bytes(source.read_bytes())
    marker = journal.with_name("boot")
    if marker.exists():
        (folder / "boot").write_bytes(marker.read_bytes())
    return _stamp(journal) == before


def _stamp(journal: Path) -> _Stamp:
    """Return what stays the same as long as a WAL goes on; without one, as long as the file is not written."""
    wal = Path(f"{journal}-wal")
    try:
        with wal.open("rb") as file:
            header = file.read(_WAL_HEADER)
    except FileNotFoundError:
        header = b""
    if len(header) == _WAL_HEADER:
        return header, 0, 0
    found = journal.stat()
    return header, found.st_mtime_ns, found.st_size


def _back_up(journal: Path, target: Path) -> None:
    """Copy a journal that is written too fast to be copied as a file: by a reader's transaction."""
    for name in ("", "-wal", "-shm"):
        Path(f"{target}{name}").unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as db,
    ):
        source.backup(db)
