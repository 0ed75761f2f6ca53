"""The journal file: runs, their entries in order, what is open right now, output, and the inbox for other processes.

Every row carries a keyed hash (`seal.py`) over its place and content, so a flipped byte or a foreign row is noticed
when it is read; not covered is what an entry says of when and for how long. Commits are of two kinds: `sync=True` is on
disk when it returns (the WAL is flushed by fdatasync), `sync=False` survives the death of the process only.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from durable.runner.core.call import Site
from durable.runner.engines.replay import Entry
from durable.runner.errors import JournalError, UnknownRun
from durable.runner.journal.cipher import Cipher
from durable.runner.journal.home import Home, sync
from durable.runner.journal.integrity import boot_id
from durable.runner.journal.opening import failure, open_file
from durable.runner.journal.places import Places
from durable.runner.journal.rows import Facts, OpenRow, Rewound, RunRow, StepRow
from durable.runner.journal.seal import Seal
from durable.runner.spec import Outcome, RunSpec

_AT_ONCE = 500
"""Entries that are read at a time."""


class Journal:
    """An open journal. One thread writes; SQLite serialises processes."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._db = open_file(home)
        self._seal = Seal(home.key())
        self._cipher = Cipher()
        self._places = Places(self._execute, self._seal, self._damaged)
        self._in_transaction = False
        self._dirty = False
        self._wal = -1

    def close(self) -> None:
        try:
            self.commit(sync=True)
        finally:
            if self._wal >= 0:
                os.close(self._wal)
        try:
            self._db.close()
        except sqlite3.Error as error:
            raise failure(self.home, error) from error

    # Transactions

    def commit(self, sync: bool) -> None:
        """End the open transaction. `sync`: on disk when this returns. Raise JournalError (a full disk, for one)."""
        if self._in_transaction:
            self._execute("COMMIT")
            self._in_transaction = False
            self._dirty = True
        if sync and self._dirty:
            os.fdatasync(self._wal_fd())
            self._dirty = False

    def begin(self) -> None:
        """Start a transaction if none is open."""
        if not self._in_transaction:
            self._execute("BEGIN IMMEDIATE")
            self._in_transaction = True

    def abandon(self) -> None:
        """Lose what is not committed, as with the death of the process."""
        if self._in_transaction:
            self._execute("ROLLBACK")
            self._in_transaction = False
            self._places = Places(self._execute, self._seal, self._damaged)

    def _wal_fd(self) -> int:
        """Return a descriptor of the WAL, which SQLite keeps under one name for as long as it is open."""
        if self._wal < 0:
            self._wal = os.open(f"{self.home.journal}-wal", os.O_RDONLY)
            sync(self.home.path)
        return self._wal

    def _execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise failure(self.home, error) from error

    # Runs

    def create(self, spec: RunSpec) -> int:
        """Store a new run and return its number; raise JournalError if the id is taken."""
        now = time.time()
        text = json.dumps(asdict(spec))
        self.begin()
        found = self._execute("SELECT 1 FROM runs WHERE id = ?", (spec.id,)).fetchone()
        if found is not None:
            self.commit(sync=True)
            raise JournalError(f"there is a run {spec.id} already")
        cursor = self._execute(
            "INSERT INTO runs (id, spec, status, started_at, updated_at, boot, mac, end_mac) "
            "VALUES (?, ?, 'running', ?, ?, ?, ?, ?)",
            (
                spec.id,
                text,
                now,
                now,
                boot_id(),
                self._seal.of("run", spec.id, text),
                self._end_mac(spec.id, "running"),
            ),
        )
        self.commit(sync=True)
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def find(self, run: str) -> RunRow | None:
        """Return the run with id `run`, None if there is none. Raise JournalError if its row was tampered with."""
        row = self._execute(f"{_RUN} WHERE id = ?", (run,)).fetchone()
        return self._run_row(row) if row else None

    def get(self, run: str) -> RunRow:
        """Return the run with id `run`; raise UnknownRun."""
        row = self.find(run)
        if row is None:
            raise UnknownRun(f"there is no run {run} in {self.home.path}")
        return row

    def runs(self) -> list[RunRow]:
        """Return all runs, newest first."""
        return [self._run_row(row) for row in self._execute(f"{_RUN} ORDER BY started_at DESC, n DESC").fetchall()]

    def unfinished(self) -> list[RunRow]:
        """Return the runs that have not ended, oldest first."""
        sql = f"{_RUN} WHERE status = 'running' ORDER BY started_at, n"
        return [self._run_row(row) for row in self._execute(sql).fetchall()]

    def _run_row(self, row: tuple[Any, ...]) -> RunRow:
        n, run, text, status, exit_code, error, started_at, updated_at, boot, failed, mac, end_mac = row
        if mac != self._seal.of("run", run, text) or end_mac != self._end_mac(run, status, exit_code, failed, error):
            raise self._damaged(f"record of run {run}")
        fields = json.loads(text)
        fields["argv"] = tuple(fields["argv"])
        fields["tty"] = tuple(fields["tty"])
        fields["learned"] = tuple(tuple(item) for item in fields["learned"])
        return RunRow(n, RunSpec(**fields), status, exit_code, error, started_at, updated_at, boot, failed)

    def set_outcome(self, n: int, outcome: Outcome) -> None:
        """Store how a run ended, on disk."""
        self.begin()
        self._execute("UPDATE runs SET updated_at = ?, boot = ? WHERE n = ?", (time.time(), boot_id(), n))
        self._write_end(n, outcome.status, outcome.exit_code, outcome.failed, outcome.error)
        self.commit(sync=True)

    def _write_end(
        self, n: int, status: str, exit_code: int | None = None, failed: int | None = None, error: str = ""
    ) -> None:
        run = self._execute("SELECT id FROM runs WHERE n = ?", (n,)).fetchone()[0]
        mac = self._end_mac(run, status, exit_code, failed, error)
        sql = "UPDATE runs SET status = ?, exit_code = ?, failed = ?, error = ?, end_mac = ? WHERE n = ?"
        self._execute(sql, (status, exit_code, failed, error, mac, n))

    def _end_mac(
        self, run: str, status: str, exit_code: int | None = None, failed: int | None = None, error: str = ""
    ) -> bytes:
        return self._seal.of("end", run, status, str(exit_code), str(failed), error)

    def remove(self, n: int) -> None:
        """Remove run number `n` with all that belongs to it."""
        self.begin()
        for table in ("entries", "open", "output", "inbox"):
            self._execute(f"DELETE FROM {table} WHERE run = ?", (n,))
        self._execute("DELETE FROM runs WHERE n = ?", (n,))
        self.commit(sync=True)

    def set_spec(self, n: int, spec: RunSpec) -> None:
        """Replace what a run was started with (another bundle after learning)."""
        self._write_spec(n, spec)
        self.commit(sync=True)

    def _write_spec(self, n: int, spec: RunSpec) -> None:
        text = json.dumps(asdict(spec))
        self.begin()
        self._execute("UPDATE runs SET spec = ?, mac = ? WHERE n = ?", (text, self._seal.of("run", spec.id, text), n))

    # Entries

    def append(self, run: int, idx: int, entry: Entry, facts: Facts) -> None:
        """Add entry number `idx`."""
        payload = self._cipher.hidden(entry.payload, "entry", run, idx)
        stored = (entry.kind, entry.seq, entry.name, payload)
        mac = self._seal.of(str(run), str(idx), *map(str, stored))
        self._execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (run, idx, *stored, mac, *facts)
        )

    def entries(self, run: int) -> Iterator[Entry]:
        """Yield a run's entries in order, some at a time. Raise JournalError where one is missing or damaged."""
        expected = 0
        sql = (
            "SELECT idx, kind, seq, name, payload, mac FROM entries WHERE run = ? AND idx >= ? ORDER BY idx "
            f"LIMIT {_AT_ONCE}"
        )
        before = -1
        while expected != before:
            before = expected
            try:
                for idx, kind, seq, name, payload, mac in self._execute(sql, (run, expected)):
                    if idx != expected or self._seal.of(str(run), str(idx), kind, str(seq), name, payload) != mac:
                        where = f"{self.home.real_journal}: entry {expected}"
                        raise JournalError(f"{where} of the run is damaged or missing")
                    expected += 1
                    yield self._entry(run, idx, kind, seq, name, payload)
            except sqlite3.Error as error:
                raise failure(self.home, error) from error

    def size(self, run: int) -> int:
        """Return the number of a run's entries."""
        last = self._execute("SELECT MAX(idx) FROM entries WHERE run = ?", (run,)).fetchone()[0]
        return 0 if last is None else int(last) + 1

    def steps(self, run: int) -> list[StepRow]:
        """Return a run's entries with their facts, in order."""
        rows = self._execute(
            "SELECT idx, kind, seq, name, payload, site, at, duration, attempts, in_doubt, strand FROM entries "
            "WHERE run = ? ORDER BY idx",
            (run,),
        ).fetchall()
        return [
            StepRow(
                row[0],
                self._entry(run, *row[:5]),
                self._places.site(row[5]),
                row[6],
                row[7],
                row[8] or 0,
                bool(row[9]),
                row[10],
            )
            for row in rows
        ]

    def _entry(self, run: int, idx: int, kind: str, seq: int, name: str, payload: str) -> Entry:
        return Entry(kind, seq, name, self._cipher.shown(payload, "entry", run, idx))

    def touch(self, run: int) -> None:
        """Note that the run is alive."""
        self._execute("UPDATE runs SET updated_at = ? WHERE n = ?", (time.time(), run))

    def last_sign(self, run: int) -> float | None:
        """Return when the run was last seen alive (seconds since the epoch), None if it has not begun."""
        entries = "SELECT at, duration FROM entries WHERE run = ? AND at IS NOT NULL ORDER BY idx DESC LIMIT 1"
        others = ("SELECT MAX(at), 0 FROM open WHERE run = ?", "SELECT updated_at, 0 FROM runs WHERE n = ?")
        found = [row for sql in (entries, *others) for row in self._execute(sql, (run,)).fetchall()]
        return max((at + (duration or 0) for at, duration in found if at is not None), default=None)

    def count_steps(self, run: int) -> int:
        sql = "SELECT COUNT(*) FROM entries WHERE run = ? AND kind IN ('returned', 'raised')"
        return int(self._execute(sql, (run,)).fetchone()[0])

    def rewind(self, run: int, rewound: Rewound) -> None:
        """Let a run that has ended be one that goes on from an earlier moment, all at once or not at all.

        What is open stays: a replay takes up what was asked for before that moment and drops the rest.
        """
        self._write_spec(run, rewound.spec)
        self.forget_from(run, rewound.idx)
        if rewound.given is not None:
            self.append(run, rewound.idx, rewound.given, rewound.facts)
        self._write_end(run, "running")
        self.commit(sync=True)

    def forget_from(self, run: int, idx: int) -> None:
        """Forget the entries from number `idx` on and the output, which is made again; what is open stays open."""
        self.begin()
        self._execute("DELETE FROM entries WHERE run = ? AND idx >= ?", (run, idx))
        self._execute("DELETE FROM output WHERE run = ?", (run,))

    # Open requests

    def open(self, run: int, row: OpenRow) -> None:
        """Note that a request is open; replaces an earlier note of the same request."""
        note = self._cipher.hidden(json.dumps(row.note), "open", run, row.seq)
        site = self.site_number(row.site) if row.site else None
        facts = (run, row.seq, row.kind, row.name, site, row.at, row.until, row.attempts)
        mac = self._seal.of("open", *map(str, facts), note)
        self._execute(
            "INSERT OR REPLACE INTO open VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*facts, note, mac),
        )

    def shut(self, run: int, seq: int) -> None:
        """Note that request `seq` is answered or withdrawn."""
        self._execute("DELETE FROM open WHERE run = ? AND seq = ?", (run, seq))

    def open_rows(self, run: int) -> list[OpenRow]:
        """Return the open requests of a run by seq. Raise JournalError for a damaged row."""
        sql = "SELECT seq, kind, name, site, at, until, attempts, note, mac FROM open WHERE run = ? ORDER BY seq"
        rows = []
        for seq, kind, name, site, at, until, attempts, note, mac in self._execute(sql, (run,)).fetchall():
            if mac != self._seal.of("open", *map(str, (run, seq, kind, name, site, at, until, attempts)), note):
                raise self._damaged(f"note of open request {seq}")
            known = json.loads(self._cipher.shown(note, "open", run, seq))
            rows.append(OpenRow(seq, kind, name, self._places.site(site), at, until, attempts, known))
        return rows

    def site_number(self, site: Site) -> int:
        """Return the number of a site, for rows that mention it."""
        return self._places.number(site)

    # Output

    def add_output(self, run: int, n: int, fd: int, data: bytes) -> None:
        stored = self._cipher.hidden_bytes(data, "output", run, n, fd)
        mac = self._output_mac(stored, run, n, fd)
        self._execute("INSERT OR REPLACE INTO output VALUES (?, ?, ?, ?, ?)", (run, n, fd, stored, mac))

    def output(self, run: int, since: int = 0) -> list[tuple[int, int, bytes]]:
        """Return (number, descriptor, bytes) of a run's output from chunk number `since` on. Raise JournalError."""
        sql = "SELECT n, fd, data, mac FROM output WHERE run = ? AND n >= ? ORDER BY n"
        found: list[tuple[int, int, bytes]] = []
        for n, fd, stored, mac in self._execute(sql, (run, since)).fetchall():
            if n != since + len(found) or mac != self._output_mac(stored, run, n, fd):
                raise self._damaged(f"output of the run (part {since + len(found)})")
            found.append((n, fd, self._cipher.shown_bytes(stored, "output", run, n, fd)))
        return found

    def _output_mac(self, stored: bytes | str, run: int, n: int, fd: int) -> bytes:
        if isinstance(stored, str):
            return self._seal.of_data(stored.encode(), "hidden output", run, n, fd)
        return self._seal.of_data(stored, "output", run, n, fd)

    # Inbox

    def send(self, run: int, kind: str, name: str, payload: str) -> None:
        """Leave a message for the process that drives (or will drive) the run."""
        self.begin()
        last = self._execute("SELECT seq FROM sqlite_sequence WHERE name = 'inbox'").fetchone()
        n = last[0] + 1 if last else 1
        payload = self._cipher.hidden(payload, "inbox", run, n)
        mac = self._seal.of("inbox", str(run), str(n), kind, name, payload)
        self._execute("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?)", (n, run, kind, name, payload, time.time(), mac))
        self.commit(sync=True)

    def inbox(self, run: int) -> list[tuple[int, str, str, str]]:
        """Return (number, kind, name, payload) of the messages not taken yet. Raise JournalError."""
        found: list[tuple[int, str, str, str]] = []
        sql = "SELECT n, kind, name, payload, mac FROM inbox WHERE run = ? ORDER BY n"
        for n, kind, name, payload, mac in self._execute(sql, (run,)).fetchall():
            if mac != self._seal.of("inbox", str(run), str(n), kind, name, payload):
                raise self._damaged(f"message {n} for the run")
            found.append((n, kind, name, self._cipher.shown(payload, "inbox", run, n)))
        return found

    def take(self, n: int) -> None:
        """Drop message `n` (in the transaction that records what it said)."""
        self._execute("DELETE FROM inbox WHERE n = ?", (n,))

    def _damaged(self, what: str) -> JournalError:
        return JournalError(f"{self.home.real_journal}: the {what} is damaged or missing (its keyed hash is wrong)")


_RUN = "SELECT n, id, spec, status, exit_code, error, started_at, updated_at, boot, failed, mac, end_mac FROM runs"
