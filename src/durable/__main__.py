"""`durable` and `python -m durable`: fixes the hash seed, then hands over to the command line."""

from __future__ import annotations

import os
import sys

_RUNNING = frozenset({"run", "resume", "retry", "worker", "replay", "record"})


def main() -> None:
    """Run the command line and end the process with its exit code."""
    leave_working_directory()
    _fix_hash_seed()
    from durable.runner.cli.app import app, load_commands, say
    from durable.runner.errors import DurableError

    load_commands(sys.argv[1] if len(sys.argv) > 1 else "")
    code = 0
    try:
        app(prog_name="durable")
    except DurableError as error:
        say(str(error))
        code = error.exit_code
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else int(request.code is not None)
    leave(code)


def leave_working_directory() -> None:
    """Let no file of the program's stand for a module that durable imports, as `python -m` would have it."""
    if "-m" in sys.orig_argv[1:3] and sys.path[0] == os.getcwd():
        sys.path[0] = os.path.dirname(sys.executable)


def leave(code: int) -> None:
    """End the process now: threads that still perform abandoned steps must not hold it up."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 1
    os._exit(code)


def _fix_hash_seed() -> None:
    """Start the interpreter anew with a fixed hash seed if the command runs programs: set order is part of a run."""
    if os.environ.get("PYTHONHASHSEED", "random") != "random" or sys.argv[1:2] == [] or sys.argv[1] not in _RUNNING:
        return
    os.environ["PYTHONHASHSEED"] = "0"
    os.environ["DURABLE_HASHSEED_SET"] = "1"
    arguments = sys.orig_argv
    os.execv(sys.executable, [sys.executable, *arguments[1:]])


if __name__ == "__main__":
    main()
