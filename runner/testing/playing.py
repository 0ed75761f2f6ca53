"""One run of a program under test, over all its lives: from what a test says of its world to what it did there."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypedDict

from durable.runner.errors import EffectOutsideStep, UsageError
from durable.runner.journal.home import Home
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local import crash
from durable.runner.local.driver import Launch, build, learn, make_spec, script_path
from durable.runner.local.session import bound, prepare_process
from durable.runner.program import main as program
from durable.runner.run import Run
from durable.runner.spec import Outcome
from durable.runner.testing.clock import VirtualClock
from durable.runner.testing.engine import Crashed, Killed, RecordedEngine, VirtualEngine
from durable.runner.testing.errors import RecordingMismatch
from durable.runner.testing.process import as_own_process
from durable.runner.testing.recorded import Recording
from durable.runner.testing.result import Result, StepSeen
from durable.runner.testing.script import Answers, Duration, Script
from durable.runner.testing.stubs import Stubs
from durable.transpiler.ir.site import Site as LearnedSite

_SEED = "00" * 16


class World(TypedDict, total=False):
    """What a test says of a program's world.

    `answers` answer its prompts, `stdin` is its standard input. `stubs` stand for effects, by name. `signals` are pairs
    of a name and when, in seconds or as timedelta, after the start; "cancel" is `durable cancel`. `start` is when it
    starts (default: now). `env` are variables to set, or to unset with None; `cwd` is where it runs. `real` says which
    effects without a stub may touch the world: all, none (False), or those whose names fit one of the patterns. `seed`
    decides what chance gives. `recorded` is a fixture of `durable record`, from which all is answered but for stubs.
    """

    answers: Answers | None
    stdin: str | bytes | None
    stubs: Mapping[str, Any]
    signals: Iterable[tuple[str, Duration]]
    start: datetime | None
    env: Mapping[str, str | None]
    cwd: str | Path | None
    real: bool | Iterable[str]
    seed: str
    recorded: str | Path | None


def _allowed(real: bool | Iterable[str]) -> tuple[str, ...]:
    """Return the patterns of the callees that may be performed for real."""
    return tuple(real) if not isinstance(real, bool) else ("*",) if real else ()


class _Home(Home):
    """A place for one run's state, with the compiled programs of all runs elsewhere."""

    compiled: Path

    @property
    def cache(self) -> Path:
        return self.compiled


class _Journal(Journal):
    """A journal that no power failure needs to spare, of a run that a crash costs no time."""

    def __init__(self, home: Home, clock: VirtualClock) -> None:
        super().__init__(home)
        self._clock = clock

    def commit(self, sync: bool) -> None:
        super().commit(sync=False)

    def last_sign(self, run: int) -> float:
        return self._clock.now()


def _recording(launch: Launch, world: World) -> Recording | None:
    path = world.get("recorded")
    if path is None:
        return None
    folder = Path.cwd() if launch.module_mode else script_path(launch).parent
    return Recording(Path(path).absolute(), folder, frozenset(world.get("stubs", {})))


def play(launch: Launch, world: World, compiled: Path, crash_at: Iterable[int] = ()) -> Result:
    """Run the program to its end and say what it did; `compiled` keeps what was compiled. Raise DurableError.

    The process dies at the points of these numbers (from 1), and the run goes on.
    """
    cwd = Path(world.get("cwd") or Path.cwd()).resolve()
    recording = _recording(launch, world)
    with TemporaryDirectory(prefix="durable-test-") as folder, as_own_process(cwd, world.get("env", {})):
        home = _Home(Path(folder))
        object.__setattr__(home, "compiled", compiled)
        start = recording.first["start"] if recording is not None else None
        clock = VirtualClock(start or (world.get("start") or datetime.now()).timestamp())
        journal = _Journal(home.make(), clock)
        try:
            return _Play(launch, world, journal, (clock, recording)).result(frozenset(crash_at))
        finally:
            journal.close()


class _Play:
    """The lives of one run under test."""

    def __init__(
        self, launch: Launch, world: World, journal: _Journal, stage: tuple[VirtualClock, Recording | None]
    ) -> None:
        self._allowed = _allowed(world.get("real", True))
        self._journal = journal
        self._clock, self._recording = stage
        self._script = Script(world.get("answers"), world.get("stdin"), world.get("signals", ()))
        self._stubs = Stubs(world.get("stubs", {}))
        self._points: list[str] = []
        self._crashes: frozenset[int] = frozenset()
        self._uncaught: BaseException | None = None
        self._output: dict[int, bytearray] = {}
        learned = self._learned(launch)
        bundle = build(launch, journal.home, frozenset(LearnedSite(file, line, at) for file, line, at, _ in learned))
        prepare_process(bundle)
        self._callees = [str(step["callee"]) for step in bundle.manifest["steps"]]
        spec = make_spec(launch, bundle, stored_in=journal.home)
        kind = "pipe" if self._script.has_stdin else "none"
        first = self._recording.first if self._recording is not None else {}
        folder = Path(bundle.manifest["root"])
        known = tuple((str(folder / file), line, at, since) for file, line, at, since in learned)
        own = {
            "learned": known,
            "id": secrets.token_hex(4),
            "seed": world.get("seed", first.get("seed", _SEED)),
            "stdin": first.get("stdin", kind),
            "encoding": "utf-8",
        }
        self._spec = replace(spec, **own, tty=(False, False, False))

    def _learned(self, launch: Launch) -> list[tuple[str, int, int, int]]:
        """Return the calls that the recorded run learned as steps, each with the moment from which on."""
        found = self._recording.first.get("learned", []) if self._recording is not None else []
        return [(file, line, column, since) for file, line, column, since in found]

    def result(self, crashes: frozenset[int]) -> Result:
        self._crashes = crashes
        self._journal.create(self._spec)
        row = self._journal.get(self._spec.id)
        program.UNCAUGHT[:] = [self._ended]
        with self._stubs.installed(self._callees):
            row, outcome = self._live(row)
            while outcome is None:
                row, outcome = self._live(row)
        if crashes and max(crashes) > len(self._points):
            raise UsageError(f"the run ended before crash point {max(crashes)}: it has {len(self._points)} points")
        if self._recording is not None:
            self._recording.check_end()
        return self._told(row, outcome)

    def _point(self, name: str) -> None:
        self._points.append(name)
        if len(self._points) in self._crashes:
            raise Crashed

    def _ended(self, run: Run, error: BaseException) -> None:
        if run is self._stubs.run and self._uncaught is None:
            self._uncaught = error

    def _live(self, row: RunRow) -> tuple[RunRow, Outcome | None]:
        """Let the run live once; return its row, and how it ended if it has."""
        self._uncaught = None
        self._script.forget_open()
        self._clock.drop_jobs()
        kind = VirtualEngine if self._recording is None else RecordedEngine
        engine = kind(self._journal, row, (self._script, self._clock, self._stubs), self._allowed)
        if isinstance(engine, RecordedEngine) and self._recording is not None:
            engine.recording = self._recording
        run = bound(self._journal, row, engine)
        self._stubs.begin(run)
        crash.point = self._point
        try:
            outcome = engine.drive(run, lambda: program.run_program(run))
        except Killed as killed:
            outcome = Outcome("failed", -killed.number)
        except Crashed:
            self._journal.abandon()
            return row, None
        except EffectOutsideStep as caught:
            if self._recording is not None:
                raise RecordingMismatch(f"{caught}; it was none in the recording: make that anew") from None
            return learn(self._journal, row, caught, engine), None
        finally:
            crash.point = None
            run.stop()
            engine.close()
            self._output = engine.kept_console.output
        return row, outcome

    def _told(self, row: RunRow, outcome: Outcome) -> Result:
        steps = [step for step in self._journal.steps(row.n) if step.entry.kind in ("returned", "raised")]
        began = self._clock.now() - self._clock.elapsed.total_seconds()
        seen = []
        for step in steps:
            site = step.site
            file, line, function, effect = (
                (site.file, site.line, site.function, site.effect) if site else ("", 0, "", "")
            )
            at = round((step.at or began) - began, 6)
            name, kind = step.entry.name, step.entry.kind
            seen.append(StepSeen(step.entry.seq, name, effect, file, line, function, kind, step.attempts, at))
        output = {fd: bytes(data).decode("utf-8", "backslashreplace") for fd, data in self._output.items()}
        return Result(
            stdout=output[1],
            stderr=output[2],
            exit_code=outcome.exit_code,
            exception=self._uncaught,
            steps=seen,
            stub_calls=self._stubs.calls,
            prompts=self._script.asked,
            elapsed=self._clock.elapsed,
            points=self._points,
            lives=self._stubs.life,
        )
