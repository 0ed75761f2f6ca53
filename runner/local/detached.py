"""Runs left to processes of their own, which no terminal holds: started here, driven by `durable resume` there."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from durable.runner.errors import DurableError
from durable.runner.journal.cipher import VARIABLE
from durable.runner.journal.home import Home, home_of_script
from durable.runner.journal.lock import is_held
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local.driver import FINAL, Launch, build, find_asked, locate, make_spec, script_path

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

_PATIENCE = 60.0


def run_detached(launch: Launch) -> int:
    """Start a run, or go on with it, in the background; print its id when a process drives it."""
    journal, row = find_asked(launch)
    home = journal.home
    if row is None:
        spec = make_spec(launch, build(launch, home), stored_in=home)
        journal.create(replace(spec, tty=(False, False, False), stdin="none"))
        row = journal.get(spec.id)
    _have_driven(journal, row)
    journal.close()
    print(row.spec.id, flush=True)
    return 0


def resume_detached(run: str) -> None:
    """Have a process in the background go on with a run; nothing is done for one that has one or has ended.

    Raise UnknownRun, JournalError, DurableError if the process ends before it has the run.
    """
    journal, row = locate(run)
    try:
        _have_driven(journal, row)
    finally:
        journal.close()


def _have_driven(journal: Journal, row: RunRow) -> None:
    """Return when a process drives the run, or it has ended."""
    home, run = journal.home, row.spec.id
    if row.status not in FINAL and not is_held(home.lock_file(run)):
        child = start_driver(home, run)
        threading.Thread(target=child.wait, daemon=True).start()  # lest a process that stays keeps a dead child
        _wait(child, home, run, lambda: is_held(home.lock_file(run)) or journal.get(run).status in FINAL)


def run_detached_on_cluster(launch: Launch, cluster: Cluster) -> int:
    """Do the same for a run on Temporal, whose process in the background also serves it."""
    from durable.runner.temporal.commands import exists

    home = home_of_script(script_path(launch)).make()
    run = launch.id or secrets.token_hex(4)
    build(launch, home)
    where = {"--address": cluster.address, "--namespace": cluster.namespace, "--profile": cluster.profile}
    options = [part for name, value in where.items() if value for part in (name, value)]
    mode = ["-m"] if launch.module_mode else []
    arguments = ["run", "--engine", "temporal", *options, "--id", run, *mode, launch.script, *launch.args]
    child = _start(home, run, arguments, Path.cwd(), {})
    _wait(child, home, run, lambda: exists(cluster, run))
    print(run, flush=True)
    return 0


def start_driver(home: Home, run: str, extra: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a process of its own session that goes on with a run of the local engine."""
    return _start(home, run, ["resume", run], home.path, {"DURABLE_HOME": str(home.path), **(extra or {})})


def _start(
    home: Home, run: str, arguments: Sequence[str], folder: Path, extra: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    said = said_by(home, run)
    said.parent.mkdir(mode=0o700, exist_ok=True)
    with open(os.devnull if os.environ.get(VARIABLE) else said, "wb") as sink:  # it has the program's stderr
        return subprocess.Popen(
            [sys.executable, "-m", "durable", *arguments],
            cwd=folder,
            env={**os.environ, **extra},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=sink,
            start_new_session=True,
        )


def said_by(home: Home, run: str) -> Path:
    """Return the file with what the background process of a run said on stderr."""
    return home.path / "detached" / f"{run}.err"


def last_words(home: Home, run: str) -> str:
    """Return what durable itself said last in the background process of a run."""
    try:
        lines = said_by(home, run).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    own = [line.removeprefix("durable: ") for line in lines if line.startswith("durable: ")]
    return "\n".join(own[-3:] or lines[-3:])


def _wait(child: subprocess.Popen[bytes], home: Home, run: str, is_taken: Callable[[], bool]) -> None:
    """Wait until the background process has the run. Raise DurableError if it ended before that."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        has_ended = child.poll() is not None
        if is_taken():
            return
        if has_ended:
            raise DurableError(f"the process in the background has ended: {last_words(home, run)}")
        time.sleep(0.05)
    raise DurableError(f"the process in the background (number {child.pid}) has not begun run {run} yet")
