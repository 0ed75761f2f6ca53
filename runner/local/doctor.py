"""What `durable doctor` looks at: a list of findings, each with what to do. Reads only, and of the journal a copy."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from durable.runner.errors import DurableError, JournalError
from durable.runner.journal.copying import copied
from durable.runner.journal.home import Home, home_of_script, homes_from
from durable.runner.journal.integrity import boot_id
from durable.runner.journal.lock import holder_of
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local.driver import kept_bundle, status_of

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

_ROOM = 100 * 1024 * 1024
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"})


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `status` is ok, note or broken."""

    name: str
    status: str
    text: str
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(cluster: Cluster | None) -> list[Finding]:
    """Return the findings about this machine, the nearest home and, if one is meant, a Temporal server."""
    home = next(homes_from(Path.cwd()), None) or home_of_script(Path.cwd() / "doctor")
    return [*_versions(), *_directory(home), *_journal(home), *_worker(home), *_server(cluster)]


def _versions() -> Iterator[Finding]:
    python = f"Python {platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] == (3, 11):
        yield Finding("python", "ok", python)
    else:
        yield Finding("python", "broken", python, "durable needs Python 3.11")
    for name in ("durable", "greenlet", "libcst", "ty"):
        yield _package(name, "broken", "install durable again: pip install --force-reinstall durable")
    yield _package("temporalio", "note", "only for Temporal: pip install 'durable[temporal]'")
    if not boot_id():
        advice = "after a power cut every write behind the journal's end counts as in doubt"
        yield Finding("boot id", "note", "this system does not tell when it was started", advice)


def _package(name: str, otherwise: str, advice: str) -> Finding:
    try:
        return Finding(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, otherwise, "is not installed", advice)


def _directory(home: Home) -> Iterator[Finding]:
    path = home.path
    if not path.is_dir():
        yield Finding("directory", "ok", f"{path} is made by the first run")
        return
    if not os.access(path, os.W_OK | os.X_OK):
        yield Finding("directory", "broken", f"{path} cannot be written", "mend its permissions or set DURABLE_HOME")
        return
    if path.stat().st_mode & 0o077:
        yield Finding("directory", "note", f"{path} can be read by others", f"chmod 700 {path}")
    else:
        yield Finding("directory", "ok", str(path))
    kind = _filesystem(path)
    if kind in _NETWORK:
        advice = "SQLite's locks are not safe there: set DURABLE_HOME to a directory of this machine"
        yield Finding("file system", "broken", f"{path} is on {kind}", advice)
    free = shutil.disk_usage(path).free
    if free < _ROOM:
        yield Finding("disk", "broken", f"{free >> 20} MiB are free", "free some room, or remove runs: `durable rm`")
    else:
        yield Finding("disk", "ok", f"{free >> 30} GiB are free")


def _filesystem(path: Path) -> str:
    """Return the type of the file system that has `path`, "" where the system does not tell."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return ""
    real = str(path.resolve())
    over = [m for m in mounts if real == m[1] or real.startswith(m[1].rstrip("/") + "/")]
    return max(over, key=lambda mount: len(mount[1]))[2] if over else ""


def _journal(home: Home) -> Iterator[Finding]:
    if not home.journal.is_file():
        yield Finding("journal", "ok", "there is none yet")
        return
    try:
        with copied(home) as copy:
            journal = Journal(copy)
            rows = journal.runs()
            size = home.journal.stat().st_size
            yield Finding("journal", "ok", f"{home.journal}: {len(rows)} runs, {size >> 10} KiB")
            for row in rows:
                yield from _run(journal, row)
            journal.close()
    except JournalError as error:
        yield Finding("journal", "broken", str(error), f"put back a copy of {home.journal}, or move it away")


def _run(journal: Journal, row: RunRow) -> Iterator[Finding]:
    """Read a run's entries, and its code if it can be needed again."""
    run, status = row.spec.id, status_of(journal.home, row)
    name = f"run {run}"
    try:
        for _ in journal.entries(row.n):
            pass
        doubtful = [item for item in journal.open_rows(row.n) if item.kind == "step"]
        if status in ("interrupted", "failed"):
            kept_bundle(journal.home, row.spec.bundle)
    except DurableError as error:
        yield Finding(name, "broken", str(error), f"restore it from a copy, or `durable rm --force {run}`")
        return
    if status == "interrupted":
        doubt = f"; {doubtful[0].name} is in doubt" if doubtful else ""
        yield Finding(name, "note", f"interrupted{doubt}", f"durable resume {run}, or a resident `durable worker`")


def _worker(home: Home) -> Iterator[Finding]:
    pid = holder_of(home.path / "worker.lock")
    text = f"process {pid} goes on with interrupted runs" if pid is not None else "none serves this directory"
    yield Finding("worker", "ok", text)


def _server(cluster: Cluster | None) -> Iterator[Finding]:
    if cluster is None:
        return
    try:
        from durable.runner.temporal.looking_at_server import reach
    except ImportError:
        yield Finding("server", "broken", "temporalio is not installed", "pip install 'durable[temporal]'")
        return
    try:
        yield Finding("server", "ok", reach(cluster))
    except DurableError as error:
        yield Finding(
            "server", "broken", str(error), "start one with `durable dev`, or check --address and the profile"
        )
