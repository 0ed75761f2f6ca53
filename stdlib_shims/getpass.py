"""Asking for a secret: in a run a prompt whose answer is not shown."""

from __future__ import annotations

import functools
import getpass as _real
import inspect
import os
import sys
import warnings
from typing import Any

from durable.runner import context
from durable.runner.run import Run

_getpass = _real.getpass
_unix_getpass: Any = vars(_real)["unix_getpass"]
_raw_input: Any = vars(_real)["_raw_input"]


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def getpass(prompt: str = "Password: ", stream: Any = None) -> str:
    """Return a line typed without echo. Raise EOFError at the end of the input."""
    run = context.current()
    if run is None:
        return _getpass(prompt, stream)
    if run.spec.stdin == "pipe" and not run.ambient("getpass.terminal", _has_terminal):
        return _from_stdin(run, prompt, stream)
    out = sys.stderr if stream is None else stream
    out.write(prompt)
    out.flush()
    line = run.prompt("secret", prompt)
    if not line:
        raise EOFError
    if run.spec.tty[0]:
        out.write("\n")
        out.flush()
    return line.removesuffix("\n")


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _from_stdin(run: Run, prompt: str, stream: Any) -> str:
    """Do what the real one does where nothing can be hidden: warn, and take the next line of standard input."""
    text = "Can not control echo on the terminal."
    heard: dict[Any, Any] = run.local("getpass.warnings", dict)
    warnings.warn_explicit(text, _real.GetPassWarning, _real.__file__, _line_of_fallback(), "getpass", heard)
    out = stream or sys.stderr
    print("Warning: Password input may be echoed.", file=out)
    line = str(_raw_input(prompt, out))
    out.write("\n")
    return line


@functools.cache
def _line_of_fallback() -> int:
    """Return the line on which `unix_getpass` calls what warns."""
    lines, first = inspect.getsourcelines(_unix_getpass)
    return first + max(at for at, line in enumerate(lines) if "fallback_getpass(" in line)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    module.getpass = module.unix_getpass = getpass
