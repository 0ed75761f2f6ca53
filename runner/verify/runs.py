"""One run of the program under test, in a fresh copy of its directory, with its outside world; what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from durable.runner.errors import DurableError, UsageError
from durable.runner.verify import trace
from durable.runner.verify.records import Record, record_of
from durable.runner.verify.settings import Settings
from durable.runner.verify.starting import TIMEOUT, Done, Starter, starter

_LEFT_OUT = (".durable", ".git", ".venv", "__pycache__", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache")
_MOST_BYTES = 200 * 1024 * 1024
_ID = "verify"
_MADE_UP = re.compile(
    rf"((?<![a-zA-Z0-9_])tmp|{re.escape(tempfile.gettempdir())}/[^/'\"]*?)[a-z0-9_]{{8}}(?![a-z0-9_])"
    r"|(?<=\.__atomic-write)[0-9a-f]{8}"  # click
    r"|(?<=[-_.])[a-z0-9_]{8}(?=['.])"  # behind a prefix of the program's own
)


@dataclass(frozen=True)
class Result:
    """What one run did: streams, exit code, files (path → digest), the traced effects and its recorded steps.

    `points` are those that it passed, up to the one of its end. `state` is what its outside world had become.
    """

    stdout: bytes
    stderr: bytes
    exit_code: int
    files: dict[str, str]
    effects: list[tuple[int, int, str]]
    steps: list[dict[str, Any]]
    points: list[str]
    state: bytes = b""


class Bench:
    """A place for one run: a copy of the program's directory as it was at first, state and trace beside it."""

    def __init__(self, settings: Settings, snapshot: Path, base: Path, starter: Starter) -> None:
        self.settings = settings
        self._starter = starter
        self.base = base
        self.work = base / "work" / settings.folder.name
        shutil.copytree(snapshot, self.work, symlinks=True)
        self.trace = base / "trace"
        self.points = base / "points"
        self.state = base / "state"
        self._compiled = snapshot.parent / ".compiled"
        if self._compiled.exists():
            self.state.mkdir(mode=0o700)
            shutil.copytree(self._compiled, self.state / "cache")

    def environment(self, world: dict[str, str]) -> dict[str, str]:
        return _environment(self.settings, world) | {trace.VARIABLE: str(self.trace)}

    def plain(self, world: dict[str, str]) -> Result:
        """Run the program with plain Python."""
        hook = self.base / "hook"
        hook.mkdir()
        source = trace.__file__
        (hook / "sitecustomize.py").write_text(trace.PLAIN_HOOK.format(folder=str(hook), source=source))
        env = self.environment(world)
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(hook), env.get("PYTHONPATH", "")]))
        done = self._plain(env)
        return self._result(done.stdout, done.stderr, done.returncode, [], self._state(world))

    def durable(self, world: dict[str, str], crash_at: int = 0) -> Result:
        """Run the program durably; `crash_at`: kill it at that point and go on with it."""
        env = self.environment(world) | {"DURABLE_HOME": str(self.state)}
        first = env | {"DURABLE_CRASH_COUNT": str(self.points)} | ({"DURABLE_CRASH": str(crash_at)} if crash_at else {})
        command = ["run", "--id", self._run_id(), *self._engine(), *self.settings.command]
        done = self._durable(command, first)
        if crash_at and done.returncode == -signal.SIGKILL:
            done = self._durable(command, env)
        record = self._record(env) or Record(done.stdout, done.stderr, [])
        stdout = done.stdout if done.returncode == 0 else record.stdout
        return self._result(stdout, record.stderr, done.returncode, record.steps, self._state(world))

    def libraries(self) -> list[str]:
        """Return the libraries that the run imported before its program began."""
        manifests = [json.loads(path.read_text()) for path in self.state.glob("bundles/*/manifest.json")]
        return sorted({name for manifest in manifests for name in manifest["libraries"]})

    def keep_compiled(self) -> None:
        """Let the benches made later from the same snapshot have what this one has compiled."""
        if (self.state / "cache").exists():
            shutil.copytree(self.state / "cache", self._compiled)

    def _run_id(self) -> str:
        return (
            _ID
            if self.settings.engine == "local"
            else f"{_ID}-{hashlib.sha1(str(self.base).encode()).hexdigest()[:10]}"
        )

    def _engine(self) -> list[str]:
        if self.settings.engine == "local":
            return []
        return ["--engine", self.settings.engine, "--address", self.settings.address]

    def _record(self, env: dict[str, str]) -> Record | None:
        if self.settings.engine == "local":
            return record_of(self.state, self._run_id())
        logs = self._look(["logs", self._run_id()], env)
        shown = json.loads(self._look(["show", "--json", self._run_id()], env).stdout or b"{}")
        return Record(logs.stdout, logs.stderr, shown.get("steps", []))

    def _look(self, arguments: list[str], env: dict[str, str]) -> Done:
        return self._durable([arguments[0], "--address", self.settings.address, *arguments[1:]], env)

    def _durable(self, arguments: list[str], env: dict[str, str]) -> Done:
        return self._starter.durable(arguments, self.work, env, self.settings.input.encode())

    def _plain(self, env: dict[str, str]) -> Done:
        command = [sys.executable, *self.settings.command]
        given = self.settings.input.encode()
        try:
            return subprocess.run(
                command, cwd=self.work, env=env, input=given, capture_output=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise DurableError(f"{shlex.join(command)} did not end within {TIMEOUT} s") from error

    def _state(self, world: dict[str, str]) -> bytes:
        """Return what the settings' command prints of the outside world. Raise UsageError if it fails."""
        if not self.settings.state:
            return b""
        env = _environment(self.settings, world)
        done = subprocess.run(_command(self.settings.state), cwd=self.work, env=env, capture_output=True, check=False)
        if done.returncode:
            raise UsageError(f"the command {self.settings.state!r} failed\n{done.stderr.decode(errors='replace')}")
        return done.stdout

    def _result(self, stdout: bytes, stderr: bytes, code: int, steps: list[dict[str, Any]], state: bytes) -> Result:
        here = str(self.work).encode()
        points = self.points.read_text().splitlines() if self.points.exists() else []
        streams = (stdout.replace(here, b"."), stderr.replace(here, b"."))
        return Result(*streams, code, self._files(), self._effects(), steps, points, state)

    def _effects(self) -> list[tuple[int, int, str]]:
        if not self.trace.exists():
            return []
        lines = [json.loads(line) for line in self.trace.read_text().splitlines()]
        here = str(self.work)
        return [(step, pid, _steady(f"{event} {what}".replace(here, "."))) for step, pid, event, what in lines]

    def _files(self) -> dict[str, str]:
        return {name: digest for name, digest in files_below(self.work) if not self._is_ignored(name)}

    def _is_ignored(self, name: str) -> bool:
        return any(fnmatch(name, pattern) or fnmatch(Path(name).name, pattern) for pattern in self.settings.ignore)


def _steady(effect: str) -> str:
    """Put the same name for each that `tempfile` or click makes up: no two runs of the plain program have the same."""
    return _MADE_UP.sub(lambda match: f"{match[1] or ''}????????", effect)


def files_below(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what `folder` holds, each with a digest of what is compared of it."""
    for path in sorted(folder.rglob("*")):
        if not any(part in _LEFT_OUT for part in path.parts):
            yield path.relative_to(folder).as_posix(), _digest(path, str(folder).encode())


def _digest(path: Path, here: bytes) -> str:
    """Return what is compared of a file: its bytes, the rows of a SQLite database, the target of a link."""
    if path.is_symlink():
        return f"link {os.readlink(path)}".replace(os.fsdecode(here), ".")
    if path.is_dir():
        return "directory"
    if not path.is_file():
        return "special"
    data = path.read_bytes()
    if data.startswith(b"SQLite format 3\0"):
        data = _dump(path)
    elif data.startswith((b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")):  # a WAL: its database has been looked at
        data = b""
    return hashlib.sha256(data.replace(here, b".")).hexdigest()


def _dump(path: Path) -> bytes:
    with sqlite3.connect(path) as db:
        text = "\n".join(db.iterdump())
    db.close()
    return text.encode()


def _environment(settings: Settings, world: dict[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
    return {**kept, **settings.env, **world, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


@contextmanager
def starter_for(settings: Settings, libraries: Sequence[str] = ()) -> Iterator[Starter]:
    """What starts the durable runs of a verification; its interpreter starts with the program's environment."""
    with starter(_environment(settings, {}), libraries) as start:
        yield start


@contextmanager
def snapshot_of(folder: Path) -> Iterator[Path]:
    """A copy of `folder` as it is now, from which every run's own copy is made. Raise UsageError if it is too large."""
    _check_size(folder)
    with tempfile.TemporaryDirectory(prefix="durable-verify-") as base:
        copy = Path(base) / folder.name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True)
        yield copy


@contextmanager
def bench(settings: Settings, snapshot: Path, starter: Starter) -> Iterator[tuple[Bench, dict[str, str]]]:
    """A bench with its outside world running; yields the variables that the world wants to be known by."""
    with tempfile.TemporaryDirectory(prefix="durable-verify-", ignore_cleanup_errors=True) as base:
        place = Bench(settings, snapshot, Path(base).resolve(), starter)
        with _world(place) as variables:
            yield place, variables


@contextmanager
def _world(place: Bench) -> Iterator[dict[str, str]]:
    if not place.settings.world:
        yield {}
        return
    command = _command(place.settings.world)
    env = place.environment({})
    env.pop(trace.VARIABLE)
    errors = place.base / "world.stderr"
    with errors.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=place.work, env=env, stdout=subprocess.PIPE, stderr=sink, stdin=subprocess.DEVNULL, text=True
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            said = errors.read_text(errors="replace")[-2000:]
            raise UsageError(f"the world {place.settings.world!r} ended before it printed that it is ready\n{said}")
        yield dict(part.split("=", 1) for part in line.split() if "=" in part)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _command(text: str) -> list[str]:
    """Return a command of the settings as words; `python` is the interpreter of the programs."""
    first, *rest = shlex.split(text)
    return [sys.executable if first in ("python", "python3") else first, *rest]


def _check_size(folder: Path) -> None:
    total = 0
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        total += sum(os.lstat(os.path.join(path, name)).st_size for name in names)
        if total > _MOST_BYTES:
            raise UsageError(
                f"{folder} holds more than {_MOST_BYTES >> 20} MiB, and every run gets a copy of it: "
                f"verify the program in a directory of its own"
            )
