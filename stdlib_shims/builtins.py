"""`open` and `input` of a run."""

from __future__ import annotations

import builtins as _real
import contextlib
import functools
import sys
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import _lent
from durable.stdlib_shims import io as _shim_io
from durable.stdlib_shims._files import close_files
from durable.stdlib_shims._machinery import install as _install_machinery

__all__ = ["close_files", "input", "open"]

_input = _real.input
open = _shim_io.open


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


@functools.wraps(_input)
def input(*args: object, **kwargs: object) -> str:
    """Write `prompt` and return a line of input without its newline. Raise EOFError at the end of the input."""
    run = context.current()
    if run is None:
        return _input(*args, **kwargs)
    if kwargs:
        raise TypeError("input() takes no keyword arguments")
    if len(args) > 1:
        raise TypeError(f"input expected at most 1 argument, got {len(args)}")
    prompt = args[0] if args else ""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name, None) is None:
            raise RuntimeError(f"input(): lost sys.{name}")
    text = str(prompt)
    _flush(sys.stderr)
    if args:
        sys.stdout.write(text)
    _flush(sys.stdout)
    is_asked = run.spec.stdin != "pipe" and sys.stdin is run.local("stdin", lambda: sys.stdin)
    line = run.prompt("line", text) if is_asked else sys.stdin.readline()
    if not isinstance(line, str):
        raise TypeError("object.readline() returned non-string")
    if not line:
        raise EOFError("EOF when reading a line")
    return line.removesuffix("\n")


def _flush(stream: Any) -> None:
    """Flush a stream that may be the program's own; what goes wrong there is nobody's concern, as in Python."""
    with contextlib.suppress(Exception):
        stream.flush()


def prepare(run: Run) -> None:
    """Remember which standard input the run is given (a program may put its own in its place), and know its files."""
    run.probe_of = _lent.given
    run.local("stdin", lambda: run.cells.value(sys, "stdin"))


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    module.open = open
    module.input = input
    _install_machinery()
