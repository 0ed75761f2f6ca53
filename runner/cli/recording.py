"""The command record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from durable.runner.cli.app import Module, app, finish

_PASS_ON = {"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True}


@app.command(context_settings=_PASS_ON)
def record(
    context: typer.Context,
    script: Annotated[str, typer.Argument(help="The program, a plain Python file.")],
    args: Annotated[list[str] | None, typer.Argument(help="All after SCRIPT is the program's.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The fixture (default: SCRIPT.recorded.jsonl here).")
    ] = None,
    module: Module = False,
) -> None:
    """Run a program and write all that it was given to a fixture, for tests that replay it.

    The program touches the world as ever. The fixture has a JSON line for each effect with callee, place, call and
    outcome, for each answer to a prompt, each timer and each value of the moment; secrets are not in it.
    `durable_program.run(SCRIPT, recorded=FIXTURE)` in a test answers from it (docs/testing.md).

    \b
    Example: durable record report.py --month 6
    Example: durable record -o tests/june.jsonl report.py --month 6
    """
    from durable.runner.local.driver import Launch
    from durable.runner.local.recording import default_target, record

    launch = Launch(script, (*(args or ()), *context.args), module_mode=module)
    finish(lambda: record(launch, output or default_target(launch)))
