"""A plan → the lock of its verdicts; a lock and a plan → what changed, as diagnostics."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from durable.transpiler.distributions import Distributions
from durable.transpiler.ir.diagnostic import NOT_LOCKED, PACKAGE_UPDATED, VERDICT_CHANGED, Diagnostic, Place
from durable.transpiler.ir.effects import Effect, Verdict
from durable.transpiler.ir.lock import Lock, Package
from durable.transpiler.ir.plan import Plan
from durable.transpiler.versions import created_with

_RELOCK = "review it, then write it down with `durable lock`"


def lock_of(plan: Plan, program: str) -> Lock:
    """The lock of one program, under the name that it goes by there."""
    distributions = Distributions()
    found: dict[tuple[str, str], dict[str, Effect]] = {}
    for verdict in plan.facts.verdicts:
        found.setdefault(distributions.of(verdict.callee), {})[verdict.callee] = verdict.effect
    for path in plan.consulted:
        module = _module_of(path)
        if module:
            found.setdefault(distributions.of(module), {})
    packages = tuple(Package(name, version, verdicts) for (name, version), verdicts in sorted(found.items()))
    return Lock(created_with()["durable"], (program,), packages)


def changes(locked: Lock, plan: Plan) -> Iterator[Diagnostic]:
    """What differs from a lock: changed verdicts and callables that it lacks are errors, updates of packages notes."""
    now = lock_of(plan, "")
    verdicts = now.verdicts
    gone = {name: effect for name, (effect, _) in locked.verdicts.items() if name not in verdicts}
    for verdict in plan.facts.verdicts:
        _, package = verdicts[verdict.callee]
        was, _ = locked.verdicts.get(verdict.callee, (None, None))
        if was is None and not _is_moved(verdict, gone):
            message = f"{verdict.callee} ({verdict.effect}, {_shown(package)}) is not in the lock file; {_RELOCK}"
            yield Diagnostic.of(NOT_LOCKED, _place(verdict, plan), message)
        elif was not in (None, verdict.effect):
            why = " → ".join(verdict.reason[1:])
            message = f"{verdict.callee}: {was} → {verdict.effect} ({_step(locked, now, package)}): {why}; {_RELOCK}"
            yield Diagnostic.of(VERDICT_CHANGED, _place(verdict, plan), message)
    yield from _updates(locked, now, plan)


def _updates(locked: Lock, now: Lock, plan: Plan) -> Iterator[Diagnostic]:
    """A note for every package whose version is another one."""
    top = Place(plan.resolved.program.modules[0].relative, 1, 1)
    if locked.durable != now.durable:
        message = f"durable {locked.durable} → {now.durable}: its catalogue may judge otherwise"
        yield Diagnostic.of(PACKAGE_UPDATED, top, message)
    for package in now.packages:
        before = locked.package(package.name)
        if before is None or before.version == package.version:
            continue
        changed = sum(before.verdicts.get(name, effect) != effect for name, effect in package.verdicts.items())
        what = f"{changed} of its verdicts change" if changed else "no verdict of it changes"
        yield Diagnostic.of(PACKAGE_UPDATED, top, f"{_step(locked, now, package)}: {what}")


def _step(locked: Lock, now: Lock, package: Package) -> str:
    """A package's two versions; where it has one, those of the packages that changed meanwhile."""
    before = locked.package(package.name)
    if before is not None and before.version != package.version:
        return f"{package.name} {before.version} → {package.version}"
    others = [
        f"{one.name} {was.version} → {one.version}"
        for one in now.packages
        if (was := locked.package(one.name)) is not None and was.version != one.version
    ]
    if locked.durable != now.durable:
        others.append(f"durable {locked.durable} → {now.durable}")
    return ", ".join([f"{_shown(package)} as before", *others])


def _is_moved(verdict: Verdict, gone: dict[str, Effect]) -> bool:
    """Whether an update only gave a callable another place: the same package lost one of that name and effect."""
    top, last = verdict.callee.partition(".")[0], verdict.callee.rpartition(".")[2]
    return any(
        name.partition(".")[0] == top and name.rpartition(".")[2] == last and effect is verdict.effect
        for name, effect in gone.items()
    )


def _shown(package: Package) -> str:
    return f"{package.name} {package.version}"


def _place(verdict: Verdict, plan: Plan) -> Place:
    site = verdict.first.site
    file = next(one.relative for one in plan.resolved.program.modules if one.name == site.module)
    return Place(file, site.span.line, site.span.column)


def _module_of(path: Path) -> str:
    """The dotted name of a library's file, empty if it lies below no folder that libraries are imported from."""
    folders = [Path(entry) for entry in sys.path if entry]
    inside = [path.relative_to(folder) for folder in folders if path.is_relative_to(folder)]
    nearest = min(inside, key=lambda one: len(one.parts), default=Path())
    return ".".join(name for name in nearest.with_suffix("").parts if name != "__init__")
