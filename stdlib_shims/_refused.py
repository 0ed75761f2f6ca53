"""Functions that cannot mean the same in a run: within one they raise, however the program came by them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from durable.runner import context
from durable.runner.errors import RefusedCall

REFUSED = {"_testcapi": ("raise_SIGINT_then_send_None",)}
"""Functions of modules that have no shim, by module: from C they send the process a Ctrl-C, which would end it."""


def refuse(what: str, instead: str) -> NoReturn:
    """End the run that executes: it cannot have `what`; `instead` says what to do."""
    run = context.current()
    assert run is not None
    raise RefusedCall(what, run.sites.dynamic(sys._getframe(1), what, "refused"), instead)


def refused(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function like `real`, called `name` ("os.fork"), which raises RefusedCall within a run."""

    @functools.wraps(real)
    def call(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None:
            return real(*args, **kwargs)
        site = run.sites.dynamic(sys._getframe(1), name, "refused")
        raise RefusedCall(name, site, "`durable check` says why")

    return call


def refused_unless_none(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function like `real`, of one argument, which raises RefusedCall within a run unless that is None."""
    refuse = refused(real, name)

    @functools.wraps(real)
    def call(function: Any, /) -> Any:
        return (real if function is None else refuse)(function)

    return call


def refuse_all(module: Any, names: tuple[str, ...]) -> None:
    """Replace those functions of a module, where the platform has them."""
    for name in names:
        if hasattr(module, name):
            setattr(module, name, refused(getattr(module, name), f"{module.__name__}.{name}"))
