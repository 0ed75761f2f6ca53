"""Starts and resumes runs of the local engine: from a script or an id to an exit code."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from durable.runner import context
from durable.runner.errors import (
    DurableError,
    EffectOutsideStep,
    JournalError,
    Misfit,
    RefusedProgram,
    UnknownRun,
    UsageError,
)
from durable.runner.journal.home import Home, home_of_script, homes_from, remember, sync
from durable.runner.journal.lock import RunLock, is_held
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.spec import Outcome, RunSpec
from durable.transpiler.files import is_there, main_file

if TYPE_CHECKING:
    from durable.runner.local.engine import LocalEngine
    from durable.runner.local.session import Session
    from durable.transpiler.ir.bundle import Bundle
    from durable.transpiler.ir.site import Site as LearnedSite

S = TypeVar("S", bound="Session")
FINAL = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True)
class Launch:
    """What `durable run` was asked to run; `script` is a path, or a dotted name in module mode."""

    script: str
    args: tuple[str, ...]
    id: str = ""
    module_mode: bool = False


def run_script(launch: Launch) -> int:
    """Start the run, or resume it, or give its recorded outcome again; return the program's exit code."""
    journal, row = find_asked(launch)
    if row is None:
        spec = make_spec(launch, build(launch, journal.home), stored_in=journal.home)
        lock = RunLock(journal.home.lock_file(spec.id), spec.id)
        lock.take()
        journal.create(spec)
        if not launch.id:
            say(f"run {spec.id}")
        return drive(journal, journal.get(spec.id), lock)
    return _go_on(journal, row)


def find_asked(launch: Launch) -> tuple[Journal, RunRow | None]:
    """Return the journal of the program, and the run that bears the asked id if there is one.

    Raise UsageError if that is a run of another program.
    """
    home = home_of_script(script_path(launch)).make()
    remember(home)
    journal = Journal(home)
    row = journal.find(launch.id) if launch.id else None
    if row is not None and row.spec.path != str(script_path(launch)) and not launch.module_mode:
        raise UsageError(f"run {launch.id} is a run of {row.spec.path}; give this one another --id")
    return journal, row


def resume(run: str | None) -> int:
    """Go on with `run`, or with the newest unfinished one; return the program's exit code."""
    journal, row = locate(run) if run else _newest_unfinished()
    return _go_on(journal, row)


def locate(run: str) -> tuple[Journal, RunRow]:
    """Return the journal that has `run`, with its row; raise UnknownRun, or JournalError for the nearest journal."""
    looked: list[str] = []
    for home in homes_from(Path.cwd()):
        if not home.journal.is_file():
            continue
        found = _find(home, run, is_nearest=not looked)
        looked.append(str(home.path))
        if found is not None:
            return found
    raise no_such_run(run, looked)


def no_such_run(run: str, looked: list[str]) -> UnknownRun:
    """Return the error for a run that none of the directories `looked` into has."""
    some = ", ".join(looked[:3]) + (f" and {len(looked) - 3} more places" if len(looked) > 3 else "")
    where = f" in {some}" if looked else ": there is no .durable directory here or above"
    return UnknownRun(f"there is no run {run}{where}. `durable ps` lists the runs.")


def _find(home: Home, run: str, is_nearest: bool) -> tuple[Journal, RunRow] | None:
    """Look for `run` in one journal; one that cannot be used stops a command only where it is the nearest."""
    try:
        journal = Journal(home)
        row = journal.find(run)
    except JournalError as error:
        if is_nearest:
            raise
        say(f"left out: {error}")
        return None
    if row is not None:
        return journal, row
    journal.close()
    return None


def _newest_unfinished() -> tuple[Journal, RunRow]:
    """Return the newest unfinished run of the journal that `durable ps` lists."""
    for home in homes_from(Path.cwd()):
        if not home.journal.is_file():
            continue
        journal = Journal(home)
        rows = [row for row in journal.runs() if row.status not in FINAL]
        idle = [row for row in rows if not is_held(home.lock_file(row.spec.id))]
        if rows:
            return journal, (idle or rows)[0]
        journal.close()
        break
    raise UnknownRun("there is no unfinished run here. `durable ps` lists the runs.")


def _go_on(journal: Journal, row: RunRow) -> int:
    if row.status in FINAL:
        return _tell_outcome(journal, row)
    lock = RunLock(journal.home.lock_file(row.spec.id), row.spec.id)
    lock.take()
    return drive(journal, journal.get(row.spec.id), lock)


def _tell_outcome(journal: Journal, row: RunRow) -> int:
    """Give the recorded outcome of a finished run: its output and its exit code."""
    for _, fd, data in journal.output(row.n):
        stream = sys.stdout.buffer if fd == 1 else sys.stderr.buffer
        stream.write(data)
        stream.flush()
    return row.exit_code or 0


def status_of(home: Home, row: RunRow) -> str:
    """Return a run's status as people see it: "running" only while a living process drives it."""
    if row.status == "running" and not is_held(home.lock_file(row.spec.id)):
        return "interrupted"
    return row.status


# Compiling


def script_path(launch: Launch) -> Path:
    """Return the file of the script, absolute. Raise UsageError if there is none."""
    if launch.module_mode:
        return Path.cwd() / launch.script
    path = main_file(Path(launch.script))
    if not is_there(path):
        raise UsageError(f"can't open file {str(path)!r}: no such file")
    return path


def build(launch: Launch, home: Home, learned: frozenset[LearnedSite] = frozenset()) -> Bundle:
    """Compile the program. Raise ProgramError, and RefusedProgram if a diagnostic says it cannot mean the same."""
    from durable.transpiler.pipeline import CompileOptions, compile_program

    options = CompileOptions(module_mode=launch.module_mode, learned=learned, cache_dir=home.cache)
    target = Path(launch.script) if launch.module_mode else script_path(launch)
    bundle = compile_program(target, options)
    errors = [item for item in bundle.manifest["diagnostics"] if item["severity"] == "error"]
    if errors:
        lines = [f"{d['file']}:{d['line']}:{d['column']}: {d['code']} {d['name']}: {d['message']}" for d in errors]
        raise RefusedProgram("\n".join(lines))
    return bundle


def make_spec(launch: Launch, bundle: Bundle, stored_in: Home) -> RunSpec:
    """Return what a new run keeps for its life; its generated code is kept beside the journal (promise 10)."""
    from durable.runner.local.console import stdin_kind

    keep_bundle(bundle, stored_in)
    path = script_path(launch) if not launch.module_mode else bundle.module("__main__").path
    first = str(path) if launch.module_mode else launch.script
    return RunSpec(
        id=launch.id or secrets.token_hex(4),
        script=launch.script,
        path=str(path),
        argv=(first, *launch.args),
        cwd=os.getcwd(),
        bundle=bundle.hash,
        seed=secrets.token_hex(16),
        module_mode=launch.module_mode,
        hash_seed=os.environ.get("PYTHONHASHSEED", "0"),
        tty=(os.isatty(0), os.isatty(1), os.isatty(2)),
        stdin=stdin_kind(),
        encoding=sys.stdout.encoding or "utf-8",
        unbuffered=bool(os.environ.get("PYTHONUNBUFFERED")),
    )


def keep_bundle(bundle: Bundle, home: Home) -> None:
    """Store generated code under its hash, once, so that no power failure takes it from the runs that go on with it."""
    folder = home.bundles / bundle.hash
    with contextlib.suppress(JournalError):
        kept_bundle(home, bundle.hash)
        return
    bundle.write(folder)
    for path in (*folder.rglob("*"), folder, home.bundles, home.path):
        sync(path)


def kept_bundle(home: Home, name: str) -> Bundle:
    """Return the stored code of a run. Raise JournalError if it is gone, or is not what the run began with."""
    from durable.transpiler.ir.bundle import Bundle, content_hash

    try:
        bundle = Bundle.load(home.bundles / name)
    except (OSError, ValueError, KeyError) as error:
        raise JournalError(f"the code that the run began with cannot be read: {error}") from error
    if content_hash(bundle.manifest, bundle.modules) != name:
        raise JournalError(
            f"{home.bundles / name}: this is not the code that the run began with; put a copy of it back"
        )
    return bundle


# Driving


def drive(journal: Journal, row: RunRow, lock: RunLock) -> int:
    """Run to the end in this process and return the exit code."""
    from durable.runner.local.session import Session

    outcome, _ = drive_session(Session, journal, row)
    lock.release()
    return finish(journal, row, outcome)


def drive_session(kind: type[S], journal: Journal, row: RunRow) -> tuple[Outcome, S]:
    """Run to the end in this process; learn what the guard catches and go on. Return the session that came so far."""
    enter_hash_seed(journal, row.spec)
    _on_interrupt(journal, row)
    enter_directory(row.spec)
    session = None
    while True:
        session = kind(journal, row, session)
        try:
            return session.drive(), session
        except EffectOutsideStep as caught:
            row = learn(journal, row, caught, session)


def finish(journal: Journal, row: RunRow, outcome: Outcome) -> int:
    journal.close()
    if outcome.status == "failed":
        say(f"run {row.spec.id} failed at {outcome.error}")
        say(f"`durable retry {row.spec.id}` goes on from its failed step")
    return outcome.exit_code


def learn(journal: Journal, row: RunRow, caught: EffectOutsideStep, session: Session | LocalEngine) -> RunRow:
    """Make the call that the guard caught a step, from the present moment of the run on (promise 9)."""
    try:
        activation = session.drop_activation()
    except Misfit as misfit:
        raise Misfit(f"{caught}; {misfit}") from None
    spec = relearned(row.spec, journal.home, caught, activation)
    journal.set_spec(row.n, spec)
    return journal.get(spec.id)


def launch_of(spec: RunSpec) -> Launch:
    """Return what starts the program of `spec`, wherever that is done."""
    return Launch(spec.script if spec.module_mode else spec.path, spec.argv[1:], spec.id, spec.module_mode)


def sites_in(bundle: Bundle, learned: Iterable[tuple[str, int, int, int]]) -> frozenset[LearnedSite]:
    """Return the learned sites of a run as the compiler of `bundle`'s program names them."""
    from durable.transpiler.ir.site import Site as LearnedSite

    root = Path(bundle.manifest["root"])
    return frozenset(LearnedSite(os.path.relpath(file, root), line, column) for file, line, column, _ in learned)


def relearned(spec: RunSpec, home: Home, caught: EffectOutsideStep, activation: int) -> RunSpec:
    """Return `spec` with code, kept in `home`, in which what the guard caught is a step. Raise DurableError."""
    site = caught.site
    known = {(file, line, column) for file, line, column, _ in spec.learned}
    if not site.file or (site.file, site.line, site.column) in known:
        raise DurableError(
            f"{caught}, and durable could not make the call a step by itself. "
            f"Put `# durable: write` (or read) on that line, or `# durable: step` on the function around it."
        )
    learned = (*spec.learned, (site.file, site.line, site.column, activation))
    bundle = kept_bundle(home, spec.bundle)
    fresh = build(launch_of(spec), home, sites_in(bundle, learned))
    if [m["sha256"] for m in fresh.manifest["modules"]] != [m["sha256"] for m in bundle.manifest["modules"]]:
        raise DurableError(f"{caught}; the source has changed since the run began, so the call cannot be made a step")
    keep_bundle(fresh, home)
    say(f"{site.file}:{site.line}: {caught.effect} is a step from now on (`durable check` has the policy line)")
    return replace(spec, bundle=fresh.hash, learned=learned)


def enter_hash_seed(journal: Journal, spec: RunSpec) -> None:
    """Start the interpreter anew with the hash seed that the run began with, if this one has another."""
    if os.environ.get("PYTHONHASHSEED", spec.hash_seed) != spec.hash_seed:
        journal.close()
        os.environ["PYTHONHASHSEED"] = spec.hash_seed
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def enter_directory(spec: RunSpec) -> None:
    """Go to the working directory of a run. Raise UsageError if it is gone."""
    try:
        os.chdir(spec.cwd)
    except OSError as error:
        raise UsageError(f"the run's working directory {spec.cwd} cannot be entered: {error.strerror}") from error


def _on_interrupt(journal: Journal, row: RunRow) -> None:
    """Let Ctrl-C stop the process as a crash would, at once: the run is interrupted and can be resumed.

    A process that was started with it ignored (`nohup … &`) goes on ignoring it.
    """

    def stop(number: int, frame: object) -> NoReturn:
        context.enter(None)
        from durable.runner.local.liveline import wipe

        wipe()
        os.write(2, f"\ndurable: interrupted; `durable resume {row.spec.id}` goes on\n".encode())
        os._exit(130)

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, stop)


def say(text: str) -> None:
    """Print a line of durable's own."""
    sys.stdout.flush()
    print(f"durable: {text}", file=sys.stderr, flush=True)


def age(since: float) -> str:
    """Return how long ago `since` (seconds since the epoch) was, in one unit."""
    seconds = max(0, int(time.time() - since))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
