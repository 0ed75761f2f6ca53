"""How an import statement reads when the modules that have shims come from `durable.stdlib_shims`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from durable.transpiler import catalogue
from durable.transpiler.ir.plan import Redirect
from durable.transpiler.ir.program import Program
from durable.transpiler.ir.resolved import ImportedName, ImportStatement

SHIMS = "durable.stdlib_shims"


@dataclass(frozen=True)
class _Part:
    """One name of an `import`: taken from the shim package `package` (None: plain), its text cut to [start, end).

    `also` is a shim's name to import after it: a plain submodule whose top is shimmed (`import logging.handlers`).
    """

    package: str | None
    start: int
    end: int
    cut_end: int
    shim: str | None = None
    also: str | None = None


def redirect(statement: ImportStatement, program: Program) -> Redirect | None:
    """The statement's redirect, None if it stays as it is."""
    if statement.module is None:
        return _redirect_import(statement, program)
    module = statement.module
    if not catalogue.is_shim(module) or program.is_local(module):
        return None
    return Redirect(statement, ((statement.module_start, statement.module_start, f"{SHIMS}."),), (module,))


def _redirect_import(statement: ImportStatement, program: Program) -> Redirect | None:
    parts = [_part(name, program) for name in statement.names]
    shims = tuple(shim for part in parts for shim in (part.shim, part.also) if shim is not None)
    if not shims:
        return None
    return Redirect(statement, tuple(_splices(statement, parts)), shims)


def _part(name: ImportedName, program: Program) -> _Part:
    top, _, below = name.name.partition(".")
    plain = _Part(None, name.start, name.end, name.end)
    end_of_name = name.start + len(name.name)
    is_there = catalogue.is_shim(name.name) or catalogue.is_eager(name.name)
    if program.is_local(top) or not (is_there or catalogue.is_shim(top)):
        return plain
    if name.asname is not None:
        if not is_there:
            return plain
        parent, _, last = name.name.rpartition(".")
        package = f"{SHIMS}.{parent}" if parent else SHIMS
        return _Part(package, end_of_name - len(last), name.end, name.end, name.name)
    if below and not is_there:
        return _Part(None, name.start, name.end, name.end, None, top)
    return _Part(SHIMS, name.start, name.start + len(top), name.end, name.name)


def _splices(statement: ImportStatement, parts: list[_Part]) -> Iterator[tuple[int, int, str]]:
    """Replacements that turn `import a, b` into one statement per kind, on lines of their own where possible."""
    between = "; " if statement.indent is None else f"\n{statement.indent}"
    first = parts[0]
    names = statement.names
    if first.package is not None:
        yield statement.start, statement.start, f"from {first.package} "
        if first.start > names[0].start:
            yield names[0].start, first.start, ""
    for index, part in enumerate(parts):
        if part.cut_end > part.end:
            yield part.end, part.cut_end, ""
        if part.also is not None:
            yield part.cut_end, part.cut_end, f"{between}from {SHIMS} import {part.also}"
        if index + 1 < len(parts):
            following = parts[index + 1]
            if following.package == part.package and part.also is None:
                if following.start > names[index + 1].start:
                    yield names[index + 1].start, following.start, ""
                continue
            head = f"from {following.package} import " if following.package else "import "
            yield part.cut_end, following.start, between + head
