"""The kinds of patches: a method or function whose call is a step, and a class whose call opens a resource."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from durable.runner import context
from durable.runner.codec.contents import REDUCERS
from durable.runner.core.call import Call
from durable.runner.errors import RefusedCall


@dataclass(frozen=True)
class Leaf:
    """A callable of a module ("Class.method" or "function") whose every call in a strand is a step.

    `effect(args, kwargs)` says which; `roots(args, kwargs)` are the objects that the call changes in place;
    `finish(result)` makes the result complete before it is stored; `is_inline(args, kwargs)`: what the call does are
    steps instead, for it calls back into the program.
    """

    name: str
    callee: str
    effect: Callable[[tuple[Any, ...], dict[str, Any]], str]
    roots: Callable[[tuple[Any, ...], dict[str, Any]], tuple[Any, ...]] = lambda args, kwargs: ()
    finish: Callable[[Any], Any] = lambda result: result
    is_inline: Callable[[tuple[Any, ...], dict[str, Any]], bool] = lambda args, kwargs: False


@dataclass(frozen=True)
class AsyncLeaf:
    """A coroutine function of a module whose every call in a strand is a step, otherwise as a `Leaf`.

    Its class makes its own steps; its objects are made, and closed, again on every replay.
    """

    name: str
    callee: str
    effect: Callable[[tuple[Any, ...], dict[str, Any]], str]
    roots: Callable[[tuple[Any, ...], dict[str, Any]], tuple[Any, ...]] = lambda args, kwargs: ()
    finish: Callable[[Any], Awaitable[Any]] | None = None


@dataclass(frozen=True)
class Elsewhere:
    """A function of a module that needs the loop on which the run's coroutine steps run; it is not a step."""

    name: str


@dataclass(frozen=True)
class ByAsyncio:
    """A function of another event loop's module: in a strand asyncio's function `instead` is called, on the run's loop.

    `taken` are the keyword arguments that are passed on.
    """

    name: str
    instead: str
    taken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opener:
    """A class of a module: calling it in a strand is a step that opens a resource."""

    name: str


@dataclass(frozen=True)
class Refusal:
    """A callable that cannot be used in a strand; `instead` says what to do."""

    name: str
    instead: str


@dataclass(frozen=True)
class Storable:
    """A class whose objects can be stored: `reduce` is as pickle's `__reduce__`."""

    name: str
    reduce: Callable[[Any], tuple[Any, ...]]


@dataclass(frozen=True)
class AfterLoad:
    """A class whose objects, when made again from their state, get from `then(object)` what that leaves out."""

    name: str
    then: Callable[[Any], None]


Change = Leaf | AsyncLeaf | Elsewhere | ByAsyncio | Opener | Refusal | Storable | AfterLoad


def patch(module: types.ModuleType, change: Change) -> None:
    """Make `change` in `module`; a name that this version of the library does not have is left alone."""
    owner_name, _, name = change.name.rpartition(".")
    owner: Any = getattr(module, owner_name, None) if owner_name else module
    if owner is None or not hasattr(owner, name):
        return
    match change:
        case Leaf():
            setattr(owner, name, _leaf(getattr(owner, name), change))
        case AsyncLeaf():
            setattr(owner, name, _async_leaf(getattr(owner, name), change))
            owner.__durable_shim__ = True
        case Elsewhere():
            setattr(owner, name, _elsewhere(getattr(owner, name)))
        case ByAsyncio():
            setattr(owner, name, _by_asyncio(getattr(owner, name), change))
        case Refusal():
            setattr(owner, name, _refusal(getattr(owner, name), f"{module.__name__}.{change.name}", change.instead))
        case Opener():
            _patch_new(getattr(owner, name))
        case Storable():
            REDUCERS[f"{module.__name__}:{change.name}"] = change.reduce
        case AfterLoad():
            cls = getattr(owner, name)
            cls.__setstate__ = _after(getattr(cls, "__setstate__", _set_attributes), change.then)


def _leaf(real: Callable[..., Any], leaf: Leaf) -> Callable[..., Any]:
    @functools.wraps(real)
    def perform(*args: Any, **kwargs: Any) -> Any:
        return leaf.finish(real(*args, **kwargs))

    @functools.wraps(real)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None or leaf.is_inline(args, kwargs):
            return real(*args, **kwargs)
        if run.stays_within(real, args, kwargs):
            return run.within(real, args, kwargs)
        effect, roots = leaf.effect(args, kwargs), leaf.roots(args, kwargs)
        return run.step(functools.partial(perform, *args, **kwargs), effect=effect, callee=leaf.callee, roots=roots)

    return dispatch


def _async_leaf(real: Callable[..., Any], leaf: AsyncLeaf) -> Callable[..., Any]:
    @functools.wraps(real)
    async def perform(*args: Any, **kwargs: Any) -> Any:
        result = await real(*args, **kwargs)
        return result if leaf.finish is None else await leaf.finish(result)

    @functools.wraps(real)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None:
            return real(*args, **kwargs)
        from durable.runner import coroutines

        effect, roots = leaf.effect(args, kwargs), leaf.roots(args, kwargs)
        site = coroutines.SITE.get() or run.take_site(leaf.callee, effect)
        fn = functools.partial(perform, *args, **kwargs)
        return coroutines.step(run, Call(fn, (), {}, effect, site, roots))

    return dispatch


def _elsewhere(real: Callable[..., Any]) -> Callable[..., Any]:
    is_async = inspect.iscoroutinefunction(real)

    @functools.wraps(real)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None or run.scheduler.stopped:
            return real(*args, **kwargs)
        from durable.runner import coroutines

        result = coroutines.elsewhere(run, functools.partial(real, *args, **kwargs))
        return _given(result) if is_async else result

    return dispatch


def _by_asyncio(real: Callable[..., Any], change: ByAsyncio) -> Callable[..., Any]:
    import asyncio

    @functools.wraps(real)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        if context.current() is None:
            return real(*args, **kwargs)
        taken = {name: kwargs[name] for name in change.taken if name in kwargs}
        return getattr(asyncio, change.instead)(*args, **taken)

    return dispatch


async def _given(result: Any) -> Any:
    return result


def _refusal(real: Callable[..., Any], called: str, instead: str) -> Callable[..., Any]:
    @functools.wraps(real)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None:
            return real(*args, **kwargs)
        raise RefusedCall(called, run.sites.dynamic(sys._getframe(1), called, "refused"), instead)

    return dispatch


def _patch_new(cls: Any) -> None:
    """Let a call of `cls` in a strand give a proxy; its `__init__` then runs within the step only."""
    real = cls.__new__
    takes_arguments = real is not object.__new__

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None or run.stays_within(cls, args, kwargs):
            return real(cls, *args, **kwargs) if takes_arguments else real(cls)
        callee = f"{cls.__module__}.{cls.__qualname__}"
        return run.step(functools.partial(cls, *args, **kwargs), effect="open", callee=callee)

    cls.__new__ = new


def _set_attributes(self: Any, state: dict[str, Any]) -> None:
    self.__dict__.update(state)


def _after(real: Callable[[Any, Any], None], then: Callable[[Any], None]) -> Callable[[Any, Any], None]:
    @functools.wraps(real)
    def set_state(self: Any, state: Any) -> None:
        real(self, state)
        then(self)

    return set_state
