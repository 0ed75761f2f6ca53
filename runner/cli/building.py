"""Commands of the compiler: check, explain, graph, diff, build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import typer

from durable.runner.cli.app import Json, Module, app, finish, print_json

if TYPE_CHECKING:
    from durable.transpiler.ir.bundle import DiagnosticRecord, Manifest

T = TypeVar("T")
Script = Annotated[str, typer.Argument(help="The program, a plain Python file.")]


Format = Annotated[str, typer.Option("--format", help="text, json, sarif or github.")]
GraphFormat = Annotated[str, typer.Option("--format", help="mermaid, dot or svg.")]
DiffFormat = Annotated[str, typer.Option("--format", help="text, markdown or json.")]


@app.command()
def check(
    script: Script,
    module: Module = False,
    format: Format = "text",
    json: Json = False,
    locked: Annotated[bool, typer.Option("--locked", help="Fail if a verdict is not that of durable.lock.")] = False,
) -> None:
    """Say what becomes a step, why, and what cannot mean the same in a durable run.

    Exit code 3 if a diagnostic is an error. With --locked, each library callable whose verdict is not the one that
    `durable lock` wrote down is an error; an update of a library that changes no verdict is a note.

    \b
    Examples: durable check --format github report.py
              durable check --locked report.py
    """
    finish(lambda: _check(script, module, "json" if json else format, locked))


def _check(script: str, module: bool, format: str, locked: bool) -> int:
    from durable.runner.cli.locking import unlocked
    from durable.transpiler.show.check import FORMATS

    shown = chosen(FORMATS, format)
    manifest: Manifest = compiled(script, module).manifest
    if locked:
        found = [cast("DiagnosticRecord", asdict(one)) for one in unlocked(script, module)]
        manifest["diagnostics"] = [*manifest["diagnostics"], *found]
    print_text(shown(manifest))
    return 3 if any(item["severity"] == "error" for item in manifest["diagnostics"]) else 0


@app.command()
def explain(
    place: Annotated[str, typer.Argument(metavar="FILE:LINE", help="A line of the program.")],
    program: Annotated[str, typer.Option("--program", help="The script, if FILE is a module that it imports.")] = "",
    json: Json = False,
) -> None:
    """Say of every call on a line what it does to the world, why durable thinks so, and by which policy.

    Example: durable explain report.py:12
    """
    finish(lambda: _explain(place, program, json))


def _explain(place: str, program: str, as_json: bool) -> int:
    from durable.runner.errors import UsageError
    from durable.transpiler.pipeline import CompileOptions, plan_program
    from durable.transpiler.show.explain import as_records, as_text, explain

    file, _, line = place.rpartition(":")
    if not file or not line.isdecimal():
        raise UsageError(f"{place}: write FILE:LINE, as in report.py:12")
    script = Path(program or file)
    plan = plan_program(script, CompileOptions(cache_dir=cache_of(program or file)))
    path = Path(file).absolute()
    root = plan.resolved.program.root
    names = [module.source.relative for module in plan.resolved.modules if module.source.path.samefile(path)]
    if not names:
        raise UsageError(f"{file} is no module of {script} (its modules lie below {root})")
    found = explain(plan, names[0], int(line))
    if as_json:
        print_json(as_records(found))
    else:
        print_text(as_text(found) or f"{place}: nothing here refers to a library")
    return 0


@app.command()
def graph(script: Script, module: Module = False, format: GraphFormat = "mermaid") -> None:
    """Draw the control flow of a program's steps, a box for each function.

    Example: durable graph --format svg report.py > report.svg
    """
    finish(lambda: _graph(script, module, format))


def _graph(script: str, module: bool, format: str) -> int:
    from durable.transpiler.pipeline import CompileOptions, plan_program
    from durable.transpiler.show.flow import flow_of
    from durable.transpiler.show.flow_svg import as_svg
    from durable.transpiler.show.flow_text import as_dot, as_mermaid

    shown = chosen({"mermaid": as_mermaid, "dot": as_dot, "svg": as_svg}, format)
    options = CompileOptions(module_mode=module, cache_dir=cache_of(script, module))
    print_text(shown(flow_of(plan_program(Path(script), options))))
    return 0


@app.command()
def diff(
    script: Script,
    base: Annotated[str, typer.Option("--base", help="The commit to compare with.")] = "HEAD",
    format: DiffFormat = "text",
) -> None:
    """Show what an edit changes: steps and their policies, the source, the generated code, runs that it would break.

    Those are found by replaying the journals of the script's unfinished runs with the new code, without any effect.

    Example: durable diff --base main --format markdown report.py
    """
    finish(lambda: _diff(script, base, format))


def _diff(script: str, base: str, format: str) -> int:
    from durable.runner.inspecting.breaking import broken_runs
    from durable.transpiler.pipeline import CompileOptions, compile_program
    from durable.transpiler.show.base import take_out
    from durable.transpiler.show.difference import FORMATS, BrokenRun, difference

    shown = chosen(FORMATS, format)
    new = compiled(script)
    with TemporaryDirectory(prefix="durable-diff-") as folder:
        old = compile_program(take_out(Path(script), base, Path(folder)), CompileOptions())
    found = difference(old, new, base)
    broken = tuple(BrokenRun(*one) for one in broken_runs(Path(script).absolute(), new))
    print_text(shown(replace(found, broken=broken)))
    return 0


@app.command()
def build(
    script: Script,
    out: Annotated[
        str, typer.Option("-o", "--out", help="Directory (default: SCRIPT's name with .durable-build).")
    ] = "",
    module: Module = False,
) -> None:
    """Write the generated package: the rewritten modules, workflow.py, manifest.json, the sources.

    Example: durable build -o generated report.py && diff -r before generated
    """
    finish(lambda: _build(script, out, module))


def _build(script: str, out: str, module: bool) -> int:
    bundle = compiled(script, module)
    folder = Path(out or f"{Path(script).stem}.durable-build")
    bundle.write(folder)
    print(f"{folder}: {len(bundle.modules)} modules, {len(bundle.manifest['steps'])} steps, version {bundle.hash[:12]}")
    return 0


def chosen(formats: Mapping[str, T], format: str) -> T:
    """Return the function for a format. Raise UsageError if there is none of that name."""
    from durable.runner.errors import UsageError

    if format not in formats:
        raise UsageError(f"no format {format!r}: use {', '.join(formats)}")
    return formats[format]


def print_text(text: str) -> None:
    """Print what is not empty."""
    if text:
        print(text)


def cache_of(script: str, module: bool = False) -> Path:
    from durable.runner.journal.home import home_of_script
    from durable.runner.local.driver import Launch, script_path

    return home_of_script(script_path(Launch(script, (), "", module))).make().cache


def compiled(script: str, module: bool = False) -> Any:
    """Return the bundle of a program, refused or not. Raise ProgramError, UsageError."""
    from durable.runner.errors import JournalError
    from durable.runner.journal.home import home_of_script
    from durable.runner.local.driver import Launch, script_path
    from durable.transpiler.pipeline import CompileOptions, compile_program

    launch = Launch(script, (), "", module)
    path = script_path(launch)
    try:
        cache = home_of_script(path).make().cache
    except JournalError:  # a program in a directory that cannot be written is compiled all the same
        cache = None
    return compile_program(Path(script) if module else path, CompileOptions(module_mode=module, cache_dir=cache))
