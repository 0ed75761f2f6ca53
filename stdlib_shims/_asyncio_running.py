"""What CPython keeps per thread for asyncio, kept per strand: the running loop and the hooks of async generators."""

from __future__ import annotations

import sys
from asyncio import AbstractEventLoop
from asyncio.events import _get_running_loop, _set_running_loop
from typing import Any, NamedTuple

from durable.runner.core.scheduler import Strand
from durable.runner.run import Run


class _State(NamedTuple):
    """The running loop, and the hooks for the first iteration and the finalization of async generators."""

    loop: AbstractEventLoop | None
    first: Any
    finalizer: Any


_NONE = _State(None, None, None)


def prepare(run: Run) -> None:
    """Give each strand of `run` its own state; the thread gets back its own when it leaves the strand."""
    outer = [_NONE]

    def enter(strand: Strand) -> None:
        outer[0] = _taken()
        _give(strand.local.get("asyncio", _NONE))

    def leave(strand: Strand) -> None:
        state = _taken()
        if state is not _NONE or "asyncio" in strand.local:
            strand.local["asyncio"] = state
        _give(outer[0])

    run.scheduler.on_enter = enter
    run.scheduler.on_leave = leave


def _taken() -> _State:
    loop, hooks = _get_running_loop(), sys.get_asyncgen_hooks()
    if loop is None and hooks[0] is None and hooks[1] is None:
        return _NONE
    return _State(loop, *hooks)


def _give(state: _State) -> None:
    _set_running_loop(state.loop)
    sys.set_asyncgen_hooks(state.first, state.finalizer)
