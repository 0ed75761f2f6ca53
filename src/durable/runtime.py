"""The façade that generated code imports: `write(f)` is `f` as a step.

Outside a durable run, and inside a step, each gives back a callable that behaves as `f` itself.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from durable.runner.steps import wrap

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])

__all__ = ["guarded", "read", "resource", "step", "write"]


def read(fn: F) -> F:
    """Return `fn` as a step that looks at the world and is safe to repeat."""
    return wrap(fn, "read", sys._getframe(1))  # type: ignore[no-any-return]


def write(fn: F) -> F:
    """Return `fn` as a step that changes the world: recorded before and after."""
    return wrap(fn, "write", sys._getframe(1))  # type: ignore[no-any-return]


def guarded(fn: F) -> F:
    """Return `fn`, which waits or makes steps of its own, limited and tried again as the policy of this place says."""
    return wrap(fn, "guarded", sys._getframe(1))  # type: ignore[no-any-return]


def resource(fn: F) -> F:
    """Return `fn` as a step whose result may be a live object (a connection, a client)."""
    return wrap(fn, "open", sys._getframe(1))  # type: ignore[no-any-return]


def step(fn: Callable[P, T]) -> Callable[P, T]:
    """Return function `fn` as one step: the effects in it belong together and are retried together."""

    one = wrap(fn, "write", sys._getframe(1), is_said=True)

    @functools.wraps(fn)
    def performed(*args: P.args, **kwargs: P.kwargs) -> T:
        return one(*args, **kwargs)  # type: ignore[no-any-return]

    return performed
