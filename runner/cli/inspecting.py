"""The command inspect."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from durable.runner.cli.app import Address, Json, Namespace, Profile, app, finish, print_json
from durable.runner.cli.running import RunId

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster
    from durable.runner.inspecting.picture import Moment, Question


@app.command()
def inspect(
    run: RunId,
    expression: Annotated[
        str, typer.Argument(metavar="[EXPR]", help="Evaluate this in the innermost frame; effects are refused.")
    ] = "",
    at: Annotated[int, typer.Option("--at", help="The moment at which step SEQ was asked for.", metavar="SEQ")] = -1,
    strand: Annotated[str, typer.Option("--strand", help="Evaluate EXPR in this strand (default: the main one).")] = "",
    up: Annotated[int, typer.Option("--up", help="Evaluate EXPR so many frames further out.", min=0)] = 0,
    everything: Annotated[bool, typer.Option("--all", help="Show the frames of libraries too.")] = False,
    json: Json = False,
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Show where a run is: every strand's call chain in the original files, what it waits for, its variables.

    The run is replayed from a copy of its journal in a process of its own; nothing is performed and nothing is changed.

    \b
    Example: durable inspect june
    Example: durable inspect june 'len(orders)' --at 12
    """
    from durable.runner.cli.engines import Cluster, choose
    from durable.runner.inspecting.picture import Moment, Question

    cluster = choose("", Cluster(address, namespace, profile))
    moment = Moment(run, at if at >= 0 else None, everything)
    question = Question(expression, strand, up) if expression else None
    finish(lambda: _inspect(moment, question, cluster, json))


def _inspect(moment: Moment, question: Question | None, cluster: Cluster | None, as_json: bool) -> int:
    from durable.runner.inspecting.asking import inspect_local, inspect_on_cluster

    found = inspect_local(moment, question) if cluster is None else inspect_on_cluster(cluster, moment, question)
    if as_json:
        print_json(found)
    elif question is not None:
        print(found["value"])
    elif sys.stdout.isatty():
        _print_rich(found)
    else:
        print(as_text(found))
    return 0


def as_text(found: dict[str, Any]) -> str:
    """Return a picture as tracebacks, one for each strand."""
    lines = []
    for strand in found["strands"]:
        lines.append(_head(strand))
        for frame in strand["frames"]:
            lines.append(f'  File "{_short(frame["file"])}", line {frame["line"]}, in {frame["function"]}')
            lines += [f"    {frame['source']}"] if frame["source"] else []
            lines += [f"      {name} = {value}" for name, value in frame["locals"].items()]
    return "\n".join(lines) or "no strand is alive at that moment"


def _head(strand: dict[str, Any]) -> str:
    wait = f" waits for {strand['waiting_on']}" if strand["waiting_on"] else ""
    if strand["waiting_on"].startswith("nothing: "):
        wait = f" {strand['waiting_on'].removeprefix('nothing: it ')}"
    locks = f", holds {', '.join(strand['locks'])}" if strand["locks"] else ""
    return f"{strand['name']}{wait}{locks}"


def _short(file: str) -> str:
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative


def _print_rich(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.syntax import Syntax
    from rich.text import Text

    console = Console(highlight=False)
    if not found["strands"]:
        console.print(as_text(found))
    for strand in found["strands"]:
        console.print(Text(_head(strand), style="bold"))
        for frame in strand["frames"]:
            place = Text.assemble("  ", (_short(frame["file"]), "cyan"), f":{frame['line']} in ", frame["function"])
            console.print(place)
            if frame["source"]:
                console.print(Syntax(f"    {frame['source']}", "python", background_color="default"))
            for name, value in frame["locals"].items():
                console.print(Text.assemble("      ", (name, "green"), " = ", (value, "dim")))
