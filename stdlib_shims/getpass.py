"""Asking for a secret: in a run a prompt whose answer is not shown."""

from __future__ import annotations

import getpass as _real
import sys
from typing import Any

from durable.runner import context

_getpass = _real.getpass


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def getpass(prompt: str = "Password: ", stream: Any = None) -> str:
    """Return a line typed without echo. Raise EOFError at the end of the input."""
    run = context.current()
    if run is None:
        return _getpass(prompt, stream)
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


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    module.getpass = module.unix_getpass = getpass
