"""Runs the program as the interpreter would: its main module, then its threads, its exit callbacks, its streams."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from durable import stdlib_shims
from durable.runner.codec.frames import without_own
from durable.runner.core.scheduler import Stopped
from durable.runner.errors import StopRun
from durable.runner.program import late
from durable.runner.program.loader import modules_of
from durable.runner.program.starting import run_as_main
from durable.runner.program.streams import make_input, make_output
from durable.runner.program.tracebacks import excepthook
from durable.runner.run import Run
from durable.runner.spec import Outcome

_INTERRUPTED = 130
UNCAUGHT: list[Callable[[Run, BaseException], None]] = []
"""Called with the exception that ends a program, before it is reported: for who looks at a run that is over."""


def prepare(run: Run) -> None:
    """Give the run its own standard streams, arguments and module path."""
    spec = run.spec
    stdout, stderr = make_output(run, 1), make_output(run, 2)
    for name, stream in (("stdout", stdout), ("stderr", stderr), ("stdin", make_input(run))):
        run.cells.add(sys, name, stream)
        run.cells.add(sys, f"__{name}__", stream)
    run.cells.add(sys, "argv", list(spec.argv))
    first = spec.cwd if spec.module_mode else str(Path(spec.path).parent)
    others = [entry for entry in sys.path[1:] if entry != first]
    run.cells.add(sys, "path", [first, *others])
    late.keep_libraries(run, others)
    for name in ("excepthook", "__excepthook__"):
        run.cells.add(sys, name, excepthook)
    run.local("streams", lambda: (stdout, stderr))
    stdlib_shims.prepare(run)


def run_program(run: Run) -> Outcome:
    """Execute the program of `run` in its main strand and return how it ended. Raises only StopRun and Stopped."""
    outcome = _guarded(run, lambda: _execute_main(run))
    ended = _guarded(run, lambda: _finish(run))
    if ended.exit_code and not outcome.exit_code:
        outcome = ended
    return outcome


def _execute_main(run: Run) -> None:
    modules = modules_of(run)
    module, code = modules.main(run.spec.script)
    sys.modules["__main__"] = module
    if module.__spec__ is None:
        exec(code, module.__dict__)
        return
    if run.spec.module_mode:  # the program has no name yet
        sys.argv[0] = "-m"
    run_as_main(module.__spec__, run.spec.script if run.spec.module_mode else "")


def _guarded(run: Run, body: Any) -> Outcome:
    """Call `body` and turn what it raises into an outcome, printing what the interpreter would print."""
    try:
        body()
    except Stopped:
        raise
    except SystemExit as exit_request:
        return _exit_outcome(exit_request)
    except KeyboardInterrupt as error:
        _report(run, error)
        return Outcome("cancelled", _INTERRUPTED, _place(run, error))
    except StopRun as error:
        _tell(run, error)
        print(f"durable: {type(error).__name__}: {error}", file=sys.stderr)
        return Outcome("failed", error.exit_code, _place(run, error), run.step_that_raised(error))
    except BaseException as error:
        _report(run, error)
        return Outcome("failed", 1, _place(run, error), run.step_that_raised(error))
    return Outcome("completed", 0)


def _exit_outcome(exit_request: SystemExit) -> Outcome:
    code = exit_request.code
    if code is None:
        return Outcome("completed", 0)
    if isinstance(code, int):
        return Outcome("completed", code & 0xFF)
    print(code, file=sys.stderr)
    return Outcome("completed", 1)


def _tell(run: Run, error: BaseException) -> None:
    for listen in UNCAUGHT:
        listen(run, error)


def _report(run: Run, error: BaseException) -> None:
    """Print an uncaught exception as the interpreter does, through the program's `sys.excepthook` if it set one."""
    hook = sys.excepthook
    error.__traceback__ = without_own(error.__traceback__)
    _tell(run, error)
    hook(type(error), error, error.__traceback__)


def _finish(run: Run) -> None:
    """Do what the interpreter does after the main module: wait for threads, call exit callbacks, flush the streams."""
    from durable.stdlib_shims import _exit

    _exit.finish(run)
    for stream in run.local("streams", _no_streams):
        _flush(stream)


def _no_streams() -> tuple[TextIO, TextIO]:
    return (sys.stdout, sys.stderr)


def _flush(stream: TextIO) -> None:
    if not stream.closed:
        stream.flush()


def _place(run: Run, error: BaseException) -> str:
    """Return "file:line: Class: text" of the innermost frame of the program that `error` went through."""
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename in run.sites.files:
            place = f"{frame.f_code.co_filename}:{line}: "
    return f"{place}{type(error).__name__}: {error}"
