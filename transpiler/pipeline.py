"""The compiler as one function: an entry script in, a bundle out. The only module that imports the passes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from durable.transpiler.cache import Cache, fingerprint
from durable.transpiler.errors import ProgramError
from durable.transpiler.ir.bundle import Bundle
from durable.transpiler.ir.site import Site

if TYPE_CHECKING:
    from durable.transpiler.ir.plan import Plan

__all__ = ["Bundle", "CompileOptions", "ProgramError", "Site", "compile_program", "plan_program"]


@dataclass(frozen=True)
class CompileOptions:
    """How to compile. `module_mode`: the script is a dotted module name. `learned`: calls that the guard caught.

    `cache_dir`: where compiled bundles are kept, None for nowhere. `resolver`: `auto` uses ty where it is needed and
    found, `ty` insists on it, `static` does without.
    """

    module_mode: bool = False
    learned: frozenset[Site] = frozenset()
    cache_dir: Path | None = None
    resolver: str = "auto"


def compile_program(script: Path, options: CompileOptions | None = None) -> Bundle:
    """The bundle of the program that `script` starts; ProgramError if plain Python could not start it either.

    What a warm cache needs is imported above, what compiling needs below: a program seen before costs no parser.
    """
    options = options or CompileOptions()
    cache = Cache.of(options.cache_dir, script, _variant(options))
    found = cache.find()
    if found is not None:
        return found

    from durable.transpiler.emit import emit
    from durable.transpiler.policy import find_pyproject
    from durable.transpiler.versions import created_with

    plan = plan_program(script, options)
    bundle = emit(plan, created_with())
    cache.store(bundle, plan, find_pyproject(plan.resolved.program.root))
    return bundle


def plan_program(script: Path, options: CompileOptions) -> Plan:
    """The plan for a program: what becomes a step, what uses a shim, what stays, and why."""
    from durable.transpiler.classify import Knowledge, classify
    from durable.transpiler.inference import Inference, Store
    from durable.transpiler.lint import lint
    from durable.transpiler.load import load
    from durable.transpiler.plan import make_plan
    from durable.transpiler.policy import read_policy
    from durable.transpiler.resolve import resolve
    from durable.transpiler.resolve.ty import second_opinion

    with _collector_paused():
        program = load(script, module_mode=options.module_mode)
        resolved = resolve(program, second_opinion(options.resolver))
        store = Store(options.cache_dir / "inferred", fingerprint()) if options.cache_dir is not None else Store()
        knowledge = Knowledge(read_policy(program.root), options.learned, Inference(program.root, store))
        return lint(make_plan(classify(resolved, knowledge)))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection meanwhile: syntax trees are many objects and no garbage; going over them costs a third."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _variant(options: CompileOptions) -> list[str]:
    learned = [f"{site.file}:{site.line}:{site.column}" for site in sorted(options.learned)]
    return ["module" if options.module_mode else "script", options.resolver, *learned]
