"""The resident worker of the local engine: goes on with a home's interrupted runs, each in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from durable.runner.errors import JournalError, UsageError
from durable.runner.journal.home import Home, home_of_script, homes_from
from durable.runner.journal.lock import RunLock, holder_of, is_held
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local.detached import last_words, start_driver
from durable.runner.local.driver import FINAL, Launch, script_path
from durable.runner.local.resting import RESTING, VARIABLE, wake_time
from durable.runner.units import worker_unit

_TICK = 0.5
_AT_ONCE = 4
"""Runs that are resumed in one tick, so that a reboot does not start hundreds of processes in one moment."""
_LEAD = 2.0
"""Seconds before its timer is due that a sleeping run is woken: it must be replayed first."""
_HOPELESS = frozenset({2, 3, 4, 5})
_LONGEST_PAUSE = 300.0
_GRACE = 5.0


@dataclass
class _Known:
    """What the worker knows of a run that has not ended."""

    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    not_before: float = 0.0
    is_resting: bool = False


@dataclass
class Worker:
    """Serves `home`; with `programs` (absolute paths) only the runs of these. `say` takes a line for people."""

    home: Home
    programs: frozenset[str]
    say: Callable[[str], None]
    _known: dict[str, _Known] = field(default_factory=dict)
    _is_stopping: bool = False

    def serve(self) -> int:
        """Serve until SIGTERM or Ctrl-C. Raise JournalError if another worker serves the home."""
        lock = self._lock()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        self.journal = Journal(self.home)
        self.say(f"serving the runs of {self.home.path} (Ctrl-C stops)")
        while not self._is_stopping:
            self._tick()
            time.sleep(_TICK)
        self._end()
        lock.release()
        return 0

    def _lock(self) -> RunLock:
        path = self.home.path / "worker.lock"
        lock = RunLock(path, "worker")
        try:
            lock.take()
        except JournalError:
            raise JournalError(f"process {holder_of(path)} serves {self.home.path} already") from None
        return lock

    def _stop(self, number: int, frame: object) -> None:
        self._is_stopping = True

    def _tick(self) -> None:
        """Look at what has ended, then go on with what is due."""
        for run, known in self._known.items():
            if known.process is not None and known.process.poll() is not None:
                self._ended(run, known, known.process.returncode)
        started = 0
        for row in self.journal.unfinished():
            if started < _AT_ONCE and self._is_due(row):
                started += 1
                self._resume(row.spec.id)

    def _is_due(self, row: RunRow) -> bool:
        run = row.spec.id
        known = self._known.setdefault(run, _Known())
        if known.process is not None or (self.programs and row.spec.path not in self.programs):
            return False
        if time.time() < known.not_before and not (known.is_resting and self.journal.inbox(row.n)):
            return False
        return not is_held(self.home.lock_file(run))

    def _resume(self, run: str) -> None:
        known = self._known[run]
        if not known.is_resting:
            self.say(f"run {run} goes on")
        known.is_resting = False
        known.process = start_driver(self.home, run, {VARIABLE: "1"})

    def _ended(self, run: str, known: _Known, code: int) -> None:
        """Note what became of a run whose process has ended."""
        known.process = None
        row = self.journal.get(run)
        if row.status in FINAL:
            self.say(f"run {run} is {row.status}")
        elif code == RESTING:
            known.is_resting, known.failures = True, 0
            known.not_before = wake_time(self.journal.open_rows(row.n)) - _LEAD
        elif code in _HOPELESS:
            known.not_before = float("inf")
            self.say(f"run {run} is left alone until the worker starts anew: {last_words(self.home, run)}")
        else:
            known.failures += 1
            pause = min(_LONGEST_PAUSE, 2.0**known.failures)
            known.not_before = time.time() + pause
            self.say(f"run {run}: its process ended with code {code}; it goes on in {pause:g} s")

    def _end(self) -> None:
        """Interrupt the runs that this worker drives; they can be resumed."""
        processes = [known.process for known in self._known.values() if known.process is not None]
        for process in processes:
            process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _GRACE
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        self.journal.close()


def home_to_serve(programs: list[str]) -> tuple[Home, frozenset[str]]:
    """Return the home that `programs` (scripts or bundles; none: where the command is given) have in common, and their
    paths. Raise UsageError.
    """
    if not programs:
        nearest = next((home for home in homes_from(Path.cwd()) if home.journal.is_file()), None)
        return (nearest or home_of_script(Path.cwd() / "worker")).make(), frozenset()
    paths = [_script_of(program) for program in programs]
    homes = {home_of_script(path) for path in paths}
    if len(homes) > 1:
        where = ", ".join(sorted(str(home.path) for home in homes))
        raise UsageError(f"these programs keep their runs in different directories ({where}): give each a worker")
    return homes.pop().make(), frozenset(map(str, paths))


def _script_of(program: str) -> Path:
    manifest = Path(program) / "manifest.json"
    if not manifest.is_file():
        return script_path(Launch(program, ()))
    import json

    found = json.loads(manifest.read_text(encoding="utf-8"))
    return Path(str(found["root"]), str(found["program"]))


def serve_home(programs: list[str], is_unit: bool, say: Callable[[str], None]) -> int:
    """Do what `durable worker` does without a cluster; return the exit code."""
    home, paths = home_to_serve(programs)
    if is_unit:
        arguments = [os.path.abspath(program) for program in programs]
        print(worker_unit(str(home.path), home.path.parent, arguments, {"DURABLE_HOME": str(home.path)}), end="")
        return 0
    return Worker(home, paths, say).serve()
