"""The command debug."""

from __future__ import annotations

from typing import Annotated

import typer

from durable.runner.cli.app import app, finish
from durable.runner.cli.running import RunId


@app.command()
def debug(
    run: RunId,
    at: Annotated[
        int | None,
        typer.Option("--at", metavar="SEQ", help="The moment at which step SEQ was asked for (-1: the first line)."),
    ] = None,
) -> None:
    """Debug a run's past: pdb on the original source, with effects answered from the journal.

    It starts where the run stands, or ended, unless --at names a step. Besides pdb's own commands there are forward,
    back, goto SEQ and restart (type `moves`). The run is replayed from a copy of its journal in a process of its own;
    nothing is performed and nothing is changed.

    \b
    Example: durable debug june
    Example: durable debug june --at 12
    """
    from durable.runner.inspecting.asking import debug_local

    finish(lambda: debug_local(run, at))
