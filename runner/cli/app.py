"""The `durable` command: its options, help and exit codes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="durable",
    help="Run a plain Python program so that it survives crashes, with nothing added to its source.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from durable import __version__

        print(f"durable {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Run a plain Python program so that it survives crashes, with nothing added to its source."""


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Address = Annotated[str, typer.Option("--address", help="Temporal server, HOST:PORT (default: the profile's).")]
Namespace = Annotated[str, typer.Option("--namespace", help="Temporal namespace (default: the profile's).")]
Profile = Annotated[str, typer.Option("--profile", help="Profile of the Temporal configuration file.")]
Module = Annotated[bool, typer.Option("-m", help="SCRIPT is the dotted name of a module, as with `python -m`.")]


def finish(action: Callable[[], int]) -> None:
    """Call a command's work and end the process with its exit code, turning durable's own errors into one line each."""
    raise typer.Exit(guarded(action))


def guarded(action: Callable[[], int]) -> int:
    """Return the exit code of `action`; an error of durable's own is printed and gives its own code."""
    from durable.runner.errors import DurableError

    try:
        return action()
    except DurableError as error:
        say(str(error))
        return error.exit_code
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        say(str(error))
        return code


def _code_of(error: Exception) -> int | None:
    """Return the exit code for an error of the compiler, None for any other."""
    if type(error).__name__ == "ProgramError":
        return 3
    return None


def say(text: str) -> None:
    """Print durable's own message, each line with its prefix, on stderr."""
    for line in text.splitlines():
        print(f"durable: {line}", file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    import json

    print(json.dumps(value, indent=2, ensure_ascii=False))


COMMANDS = {
    "building": "check explain graph diff build",
    "cluster": "dev deploy schedule upgrade worker",
    "completing": "completion",
    "debugging": "debug",
    "inspecting": "inspect",
    "keeping": "rm export replay doctor",
    "locking": "lock",
    "looking": "ps show logs",
    "recording": "record",
    "reporting": "report",
    "running": "run resume retry answer signal cancel",
    "ui": "ui",
    "verifying": "verify",
}
"""The files beside this one, and the commands that stand in them."""


def load_commands(asked: str = "") -> None:
    """Import the files that add commands to `app`; if `asked` is a command, let `app` know that one alone.

    To build the parsers of all of them takes longer than a short program runs.
    """
    files = [name for name, commands in COMMANDS.items() if asked in commands.split()]
    for name in files or COMMANDS:
        importlib.import_module(f"durable.runner.cli.{name}")
    if files:
        app.registered_commands = [each for each in app.registered_commands if _name(each) == asked]


def _name(command: typer.models.CommandInfo) -> str:
    assert command.callback is not None
    return command.name or command.callback.__name__
