"""Finalizers of a run: one made in a run is called in that run, or at its end, and never outside of it."""

from __future__ import annotations

import functools
import weakref as _real
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import atexit as _atexit
from durable.stdlib_shims._files import running

_init = _real.finalize.__init__
_call = _real.finalize.__call__
_owners: dict[_real.finalize[Any, Any], Run] = {}


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


@functools.wraps(_init)
def _made(self: Any, *args: Any, **kwargs: Any) -> None:
    _init(self, *args, **kwargs)
    run = context.current()
    if run is None:
        return
    _owners[self] = run
    mine: list[Any] = run.local("weakref.finalizers", list)
    if not mine:
        _atexit.register(_finish, run)
    mine.append(self)


@functools.wraps(_call)
def _called(self: Any, _: Any = None) -> Any:
    run = _owners.get(self)
    if run is None:
        return _call(self, _)
    if running(run):
        del _owners[self]
        return _call(self, _)
    if context.current() is not run or run.scheduler.stopped:
        info = self._registry.pop(self, None)
        if info is not None and not run.scheduler.stopped:
            run.local("weakref.late", dict)[self] = info
    return None


def _finish(run: Run) -> None:
    """Call the finalizers of `run` that are left, the last made first."""
    mine: list[Any] = run.local("weakref.finalizers", list)
    late: dict[Any, Any] = run.local("weakref.late", dict)
    while mine:
        finalizer = mine.pop()
        info = late.pop(finalizer, None)
        if info is not None:
            finalizer._registry[finalizer] = info
        if finalizer.atexit:
            finalizer()
        _owners.pop(finalizer, None)


def install() -> None:
    """Make the real class serve runs."""
    cls: Any = _real.finalize
    if cls.__init__ is _made:
        return
    if not cls._registered_with_atexit:
        _atexit.register(cls._exitfunc)
        cls._registered_with_atexit = True
    cls.__init__ = _made
    cls.__call__ = _called
