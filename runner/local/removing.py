"""Removing runs of the local engine, with the code that no other run needs."""

from __future__ import annotations

import re
import shutil
import time

from durable.runner.errors import JournalError, UsageError
from durable.runner.journal.home import Home
from durable.runner.journal.lock import RunLock, is_held
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local.detached import said_by
from durable.runner.local.driver import FINAL, locate

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def seconds_of(age: str) -> float:
    """Return the seconds of an age such as 30d, 12h, 90m. Raise UsageError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", age.strip())
    if found is None:
        raise UsageError(f"{age!r} is no age: write a number and s, m, h, d or w, as in 30d")
    return float(found[1]) * _UNITS[found[2]]


def named(runs: list[str], is_forced: bool) -> list[tuple[Journal, RunRow]]:
    """Return the runs of these names. Raise UnknownRun, UsageError for one that must not be removed."""
    found = [locate(run) for run in runs]
    for journal, row in found:
        run = row.spec.id
        if is_held(journal.home.lock_file(run)):
            raise UsageError(f"run {run} is running: stop it first (`durable cancel {run}`)")
        if row.status not in FINAL and not is_forced:
            raise UsageError(f"run {run} is interrupted and could be resumed: --force removes it all the same")
    return found


def finished(journal: Journal, older_than: float) -> list[tuple[Journal, RunRow]]:
    """Return the runs that have ended, at least `older_than` seconds ago."""
    before = time.time() - older_than
    return [(journal, row) for row in journal.runs() if row.status in FINAL and row.updated_at <= before]


def remove(journal: Journal, row: RunRow) -> None:
    """Remove a run and all that is kept of it. Raise JournalError if a process has taken it up meanwhile."""
    run, home = row.spec.id, journal.home
    lock = RunLock(home.lock_file(run), run)
    lock.take()
    try:
        journal.remove(row.n)
        shutil.rmtree(home.blobs(run), ignore_errors=True)
        said_by(home, run).unlink(missing_ok=True)
        _drop_code(journal, home, row.spec.bundle)
    finally:
        lock.release()


def _drop_code(journal: Journal, home: Home, bundle: str) -> None:
    """Remove generated code that no run has. A run that begins just now writes its own again if it must."""
    try:
        needed = {row.spec.bundle for row in journal.runs()}
    except JournalError:
        return  # a damaged row: whose code it needs is not known
    if bundle not in needed:
        shutil.rmtree(home.bundles / bundle, ignore_errors=True)
