"""Leaves: real functions turned into dispatchers, which are steps within a run and the real functions elsewhere."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from typing import Any

from durable.runner import context
from durable.runner.core.call import Probe
from durable.runner.run import Run
from durable.runner.standing import Standing
from durable.runner.steps import roots_of

_CALLBACKS: tuple[type, ...] = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinMethodType,
    functools.partial,
    type,
)
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
        roots = callbacks(run, args, kwargs)
        return run.step(real, *args, effect=effect, callee=callee, probe=looked, roots=roots, **kwargs)

    return dispatch


def callbacks(run: Run, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what the functions among the arguments of a call may change, for the roots of its step."""
    functions = tuple([value for value in (*args, *kwargs.values()) if isinstance(value, _CALLBACKS)])
    return roots_of(run, None, functions, {}) if functions else ()


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


def sign(members: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Give the functions among `members` the signatures of those of the same name that they have taken the place of."""
    for name, member in list(members.items()):
        real = before.get(name)
        if member is real or not callable(real):
            continue
        if isinstance(member, types.FunctionType):
            inner: Any = member
            while inner is not real and hasattr(inner, "__wrapped__"):
                inner = inner.__wrapped__
            if inner is not real and str(inner.__module__).startswith("durable."):
                stand_for(inner, real)
        elif isinstance(member, type) and isinstance(real, type):
            methods = {each: function for each, function in vars(member).items() if not each.startswith("_")}
            sign(methods, {each: getattr(real, each, None) for each in methods})


@functools.cache
def _standing(function: types.FunctionType, real: Any) -> Standing:
    """Return the one object that stands for `real` in every module that has it (`open`, `io.open`)."""
    return Standing(function, real)


def unbind(module: Any, before: Mapping[str, Any]) -> None:
    """Let no class make methods of the functions of `module` that stand for builtin ones."""
    for name, member in list(vars(module).items()):
        real = before.get(name)
        is_ours = isinstance(member, types.FunctionType) and member is not real
        if is_ours and isinstance(real, types.BuiltinFunctionType | types.MethodType):
            setattr(module, name, _standing(member, real))


def stand_for(function: Any, real: Any) -> None:
    """Give `function` the signature of `real`."""
    function.__wrapped__ = real


def patch(module: Any, **functions: Any) -> None:
    """Put `functions` in the place of the real module's own, by name."""
    for name, function in functions.items():
        setattr(module, name, function)
