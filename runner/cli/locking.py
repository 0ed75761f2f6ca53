"""The command `lock`, and the comparison with what it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from durable.runner.cli.app import app, finish

if TYPE_CHECKING:
    from durable.transpiler.ir.diagnostic import Diagnostic
    from durable.transpiler.ir.lock import Lock
    from durable.transpiler.ir.plan import Plan

NAME = "durable.lock"


@app.command()
def lock(
    scripts: Annotated[
        list[str] | None, typer.Argument(metavar="[SCRIPT]...", help="Programs to lock besides those locked before.")
    ] = None,
) -> None:
    """Write the verdict on every library callable that the programs reach to durable.lock.

    The file lies beside the nearest pyproject.toml, or the script, and is meant to be committed. Programs that it names
    already are locked again, those whose file is gone are dropped. `durable check --locked` compares with it.

    \b
    Examples: durable lock report.py
              durable lock
    """
    finish(lambda: _lock([Path(script) for script in scripts or ()]))


def _lock(scripts: list[Path]) -> int:
    from durable.runner.errors import UsageError
    from durable.runner.journal.home import project_of
    from durable.transpiler.lock import lock_of

    folders = {project_of(script).resolve() for script in scripts} or {_folder_from(Path.cwd())}
    if len(folders) > 1:
        raise UsageError("these scripts belong to several projects, each with its own lock file: lock them one by one")
    folder = folders.pop()
    old = _read(folder) if (folder / NAME).exists() else None
    named = {_inside(script, folder) for script in scripts}
    kept = {program for program in (old.programs if old else ()) if (folder / program).exists()}
    if not named | kept:
        raise UsageError(f"{folder / NAME} names no program that is there: use `durable lock SCRIPT`")
    new: Lock | None = None
    for program in sorted(named | kept):
        one = lock_of(_plan(folder / program), program)
        new = one if new is None else new.joined(one)
    assert new is not None
    (folder / NAME).write_text(str(new), encoding="utf-8")
    print(_summary(old, new))
    return 0


def unlocked(script: str, module: bool) -> list[Diagnostic]:
    """Return what differs from the lock file. Raise UsageError if there is none, or none that can be read."""
    from durable.runner.errors import UsageError
    from durable.runner.journal.home import project_of
    from durable.runner.local.driver import Launch, script_path
    from durable.transpiler.lock import changes

    path = script_path(Launch(script, (), "", module))
    folder = project_of(path)
    if not (folder / NAME).exists():
        raise UsageError(f"there is no {folder / NAME}: write it with `durable lock {script}`")
    plan = _plan(Path(script) if module else path, module)
    return list(changes(_read(folder), plan))


def _folder_from(here: Path) -> Path:
    """Return the nearest folder above that has a lock file. Raise UsageError if there is none."""
    from durable.runner.errors import UsageError

    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            return folder
    raise UsageError(f"there is no {NAME} here or above: use `durable lock SCRIPT`")


def _read(folder: Path) -> Lock:
    from durable.runner.errors import UsageError
    from durable.transpiler.ir.lock import Lock, LockFault

    try:
        return Lock.parse((folder / NAME).read_text(encoding="utf-8"))
    except (LockFault, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{folder / NAME}: {error}; delete it and use `durable lock SCRIPT`") from error


def _inside(script: Path, folder: Path) -> str:
    """Return a script's path from the lock file's folder. Raise UsageError if there is no such file."""
    from durable.runner.local.driver import Launch, script_path

    script_path(Launch(str(script), ()))
    return script.resolve().relative_to(folder).as_posix()


def _plan(script: Path, module: bool = False) -> Plan:
    from durable.runner.errors import JournalError
    from durable.runner.journal.home import home_of_script
    from durable.transpiler.files import main_file
    from durable.transpiler.pipeline import CompileOptions, plan_program

    try:
        cache = home_of_script(script).make().cache
    except JournalError:
        cache = None
    target = main_file(script)
    return plan_program(target, CompileOptions(module_mode=module, cache_dir=cache))


def _summary(old: Lock | None, new: Lock) -> str:
    """Return what was written and, if there was a lock before, which verdicts are others now."""
    now = new.verdicts
    packages = sum(bool(package.verdicts) for package in new.packages)
    counts = (_count(len(now), "callable"), _count(packages, "package"), _count(len(new.programs), "program"))
    lines = ["{}: {} of {}, reached by {}".format(NAME, *counts)]
    before = old.verdicts if old is not None else now
    for name in sorted(before.keys() | now.keys()):
        was, is_now = (known[name][0].value if name in known else "-" for known in (before, now))
        if was != is_now:
            lines.append(f"  {name}: {was} → {is_now}")
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
