"""Leaves: real functions turned into dispatchers, which are steps within a run and the real functions elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.core.call import Probe

MakeProbe = Callable[..., Probe]


def leaf(real: Callable[..., Any], effect: str, callee: str, probe: MakeProbe | None = None) -> Callable[..., Any]:
    """Return a function like `real` whose calls are steps; `probe(*args, **kwargs)` makes the probe of one call."""

    @functools.wraps(real)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None:
            return real(*args, **kwargs)
        looked = None
        if probe is not None:
            try:
                looked = probe(*args, **kwargs)
            except (TypeError, ValueError):  # the real function will complain about such arguments
                looked = None
        return run.step(real, *args, effect=effect, callee=callee, probe=looked, **kwargs)

    return dispatch


def ambient(real: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """Return a function like `real` whose JSON result is recorded as a value of the moment."""

    @functools.wraps(real)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None:
            return real(*args, **kwargs)
        return run.ambient(kind, lambda: context.unrecorded(real, *args, **kwargs))

    return dispatch


def constant(real: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """Return a function like `real`, for what stays the same in a process: recorded once a run."""

    @functools.wraps(real)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None:
            return real(*args, **kwargs)
        found = run.local(kind, dict)
        key = (args, tuple(kwargs.items()))
        if key not in found:
            found[key] = run.ambient(kind, lambda: context.unrecorded(real, *args, **kwargs))
        return found[key]

    return dispatch


def patch(module: Any, **functions: Any) -> None:
    """Put `functions` in the place of the real module's own, by name."""
    for name, function in functions.items():
        setattr(module, name, function)
