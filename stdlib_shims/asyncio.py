"""asyncio within a run: one deterministic event loop for each loop that the program makes; the rest is asyncio's own.

A loop made in a strand is an `EventLoop` of `_asyncio_loop`, also for libraries called in line (anyio). Which loop runs
is kept for each strand. Outside of runs and in steps everything is the real thing.
"""

from __future__ import annotations

import asyncio as _real
from asyncio import events as _events
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import _asyncio_processes, _asyncio_running, _asyncio_tasks
from durable.stdlib_shims import threading as _threading
from durable.stdlib_shims._asyncio_loop import EventLoop, drop_loops
from durable.stdlib_shims._leaf import stand_for
from durable.stdlib_shims._locals import local

_Policy = _events.BaseDefaultEventLoopPolicy
_new_event_loop: Any = _Policy.new_event_loop


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


class _Local(local):
    """The current loop of each strand."""

    _loop = None
    _set_called = False


def _policy_new_event_loop(self: Any) -> Any:
    return _new_event_loop(self) if context.current() is None else EventLoop()


def _selector_loop(cls: Any, *args: Any, **kwargs: Any) -> Any:
    return object.__new__(cls) if context.current() is None else EventLoop()


def install() -> None:
    """Make the real module serve runs."""
    policy: Any = _Policy
    if policy.new_event_loop is _policy_new_event_loop:
        return
    _threading.install()
    stand_for(_policy_new_event_loop, _new_event_loop)
    policy.new_event_loop = _policy_new_event_loop
    policy._Local = _Local
    loop: Any = _real.SelectorEventLoop
    stand_for(_selector_loop, loop.__init__)
    loop.__new__ = _selector_loop
    _asyncio_tasks.install()
    _asyncio_processes.install()


def prepare(run: Run) -> None:
    """Give `run` a policy and strands with a running loop of their own."""
    run.cells.add(_events, "_event_loop_policy", None)
    _asyncio_running.prepare(run)
    run.on_stop.append(lambda: drop_loops(run))
