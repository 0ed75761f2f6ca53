"""The command verify."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from durable.runner.cli.app import Json, Module, app, finish, print_json, say

_PASS_ON = {"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True}


@app.command(context_settings=_PASS_ON)
def verify(
    script: Annotated[str, typer.Argument(help="The program.")],
    args: Annotated[list[str] | None, typer.Argument(help="All after SCRIPT is the program's.")] = None,
    engine: Annotated[str, typer.Option("--engine", help="local or temporal.")] = "local",
    world: Annotated[str, typer.Option("--world", help="Command that is the program's outside world.")] = "",
    input: Annotated[str, typer.Option("--input", help="Text for the program's standard input.")] = "",
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="Files that may differ (a pattern).")] = None,
    kills: Annotated[int, typer.Option("--kills", help="Most kill points to try, spread evenly (0: all).")] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Kill points tried at a time.")] = 2,
    address: Annotated[str, typer.Option("--address", help="Temporal server (default: one is started).")] = "",
    module: Module = False,
    json: Json = False,
) -> None:
    """Run a program plain, durable, and killed at every event; compare output, files and effects.

    The world is started in the program's directory before each run; it prints one line when it is ready, and each
    NAME=value on it is put in the program's environment. Settings can stand in pyproject.toml:
    [tool.durable.verify."script.py"] with world, input, ignore, env, args.

    Example: durable verify --world "python world.py" --ignore world.log orders.py
    """
    from durable.runner.verify.settings import Settings

    settings = Settings(
        script=Path(script).absolute(),
        args=tuple(args or ()),
        world=world,
        input=input,
        ignore=tuple(ignore or ()),
        engine=engine,
        address=address,
        kills=kills,
        jobs=jobs,
        module_mode=module,
    )
    finish(lambda: _verify(settings, json))


def _verify(settings: Any, as_json: bool) -> int:
    from durable.runner.cli.engines import choose_name
    from durable.runner.errors import UsageError
    from durable.runner.verify.settings import with_table

    choose_name(settings.engine)
    if not settings.module_mode and not settings.script.exists():
        raise UsageError(f"can't open file {str(settings.script)!r}: no such file")
    settings = with_table(settings)
    if settings.engine == "temporal" and not settings.address:
        from durable.runner.temporal.server import dev_server

        with dev_server() as address:
            return _report(_with_address(settings, address), as_json)
    return _report(settings, as_json)


def _with_address(settings: Any, address: str) -> Any:
    from dataclasses import replace

    return replace(settings, address=address)


def _report(settings: Any, as_json: bool) -> int:
    from durable.runner.verify.verify import verify as work

    report = work(settings, _progress())
    if as_json:
        print_json(
            {
                "program": report.program,
                "engine": report.engine,
                "events": report.events,
                "kills": report.kills,
                "same": report.same,
                "differences": report.differences,
            }
        )
    else:
        for item in report.differences:
            print(item)
        verdict = "the same answer everywhere" if report.same else f"{len(report.differences)} differences"
        print(f"{report.program} on {report.engine}: {report.events} events, {report.kills} kills, {verdict}")
    return 0 if report.same else 1


def _progress() -> Any:
    """Return a function that shows a stage: in place on a terminal, every twentieth as a line elsewhere."""
    count = 0

    def tell(text: str) -> None:
        nonlocal count
        count += 1
        if sys.stderr.isatty():
            print(f"\r\033[Kdurable: {text}", end="", file=sys.stderr, flush=True)
        elif count <= 2 or count % 20 == 0:
            say(text)

    return tell
