"""The one interface between the shims and the run-time core: which run, if any, executes on this thread right now.

`current()` is the run whose strand is executing, or None outside a run and inside a step. A shim that finds None
behaves as the module that it stands for: an effect inside a step is part of that step.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from durable.runner.run import Run

T = TypeVar("T")


class _State(threading.local):
    run: Run | None = None
    left: Run | None = None
    performs: Run | None = None
    process: Any = None
    is_mending: bool = False


_state = _State()
_key: ContextVar[str] = ContextVar("idempotency key", default="")


def current() -> Run | None:
    """Return the run whose strand executes on this thread, None outside runs and inside steps."""
    return _state.run


def entered() -> Run | None:
    """Return the run whose strand executes on this thread, also while it is `outside`."""
    return _state.run or _state.left


def performing() -> Run | None:
    """Return the run that this thread works for: whose strand executes, or whose step is performed here."""
    return _state.run or _state.performs


def process(run: Run) -> Any:
    """Return the child process of `run` that this thread works for, None for the program itself."""
    return run.scheduler.process if _state.run is run else _state.process


@contextmanager
def step_of(run: Run, process: Any = None) -> Iterator[None]:
    """Inside the block this thread performs a step of `run` (of its child `process`): it sees its environment and
    working directory.
    """
    before, _state.performs, _state.process = (_state.performs, _state.process), run, process
    try:
        hooks: list[Callable[[], None]] = run.local("step.hooks", list)
        for prepare in hooks:
            prepare()
        yield
    finally:
        _state.performs, _state.process = before


def enter(run: Run | None) -> Run | None:
    """Make `run` the current one of this thread and return the one before."""
    before = _state.run
    _state.run = run
    return before


@contextmanager
def outside() -> Iterator[None]:
    """Inside the block this thread is not in a run: nothing is a step, the guard is silent."""
    before, left = enter(None), _state.left
    if before is not None:
        _state.left = before
    try:
        yield
    finally:
        enter(before)
        _state.left = left


def unrecorded(fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call `fn` as outside of any run (for machinery such as imports and source look-ups, never for effects)."""
    with outside():
        return fn(*args, **kwargs)


@contextmanager
def keyed(key: str) -> Iterator[None]:
    """Inside the block, which performs a step, `key` is its idempotency key, also for the coroutines it awaits."""
    token = _key.set(key)
    try:
        yield
    finally:
        _key.reset(token)


def key() -> str:
    """Return the idempotency key of the step that is performed here, "" if none is."""
    return _key.get()


@contextmanager
def mending() -> Iterator[None]:
    """Inside the block this thread puts right what a crash left, so that a step can be done again."""
    before, _state.is_mending = _state.is_mending, True
    try:
        yield
    finally:
        _state.is_mending = before


def is_mending() -> bool:
    """Say whether this thread is inside `mending`."""
    return _state.is_mending
