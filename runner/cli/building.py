"""Commands of the compiler: check, build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from durable.runner.cli.app import Json, Module, app, finish, print_json
from durable.runner.cli.looking import print_table

Script = Annotated[str, typer.Argument(help="The program, a plain Python file.")]


@app.command()
def check(script: Script, module: Module = False, json: Json = False) -> None:
    """Say what becomes a step, why, and what cannot mean the same in a durable run.

    Exit code 3 if a diagnostic is an error.

    Example: durable check --json report.py
    """
    finish(lambda: _check(script, module, json))


def _check(script: str, module: bool, as_json: bool) -> int:
    manifest = compiled(script, module).manifest
    keys = ("name", "callee", "effect", "file", "line", "column", "reason")
    steps = [{key: step[key] for key in keys} | {"policy": step["policy"]} for step in manifest["steps"]]
    diagnostics: list[Any] = list(manifest["diagnostics"])
    if as_json:
        print_json({"program": manifest["program"], "steps": steps, "diagnostics": diagnostics})
    else:
        _print_check(manifest["program"], steps, diagnostics)
    return 3 if any(item["severity"] == "error" for item in diagnostics) else 0


def _print_check(program: str, steps: list[dict[str, Any]], diagnostics: list[dict[str, Any]]) -> None:
    for item in diagnostics:
        place = f"{item['file']}:{item['line']}:{item['column']}"
        print(f"{place}: {item['severity']}: {item['code']} {item['name']}: {item['message']}")
    if not steps:
        print(f"{program}: no steps")
        return
    table = [("PLACE", "EFFECT", "CALLEE", "WHY")]
    for step in steps:
        table.append((f"{step['file']}:{step['line']}", step["effect"], step["callee"], " → ".join(step["reason"])))
    print_table(table)


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
