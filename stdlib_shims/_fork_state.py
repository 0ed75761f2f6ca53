"""What the shims keep of a process, for a child: its number, place, environment, handlers, threads."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

from durable.runner.run import Run
from durable.stdlib_shims import _environ, _process, _sigmask, _strands, signal

_NO_ARGUMENTS = ((), ())


def forked(run: Run, pid: int) -> dict[str, Any]:
    """Return the values of a child that the process which executes forks; called in the parent.

    The handlers of signals are the parent's own objects still.
    """
    import os

    parent = os.getpid()
    place = dataclasses.replace(_process.place_of(run))
    hooks = [place.enter] if run.local("step.hooks", list) else []
    found: dict[str, Any] = {
        "os.getpid": {_NO_ARGUMENTS: pid},
        "os.getppid": {_NO_ARGUMENTS: parent},
        "os.place": place,
        "step.hooks": hooks,
        "os.environ": _environ.copied(run),
        "signal": signal.forked(run),
        "signal.masks": _sigmask.forked(run),
        "threading": _forked_threads(run),
    }
    return found


def fresh(run: Run, pid: int) -> dict[str, Any]:
    """Return the values of a child that begins as a new interpreter does; its ignored signals are the parent's."""
    found = forked(run, pid)
    handlers = found["signal"].handlers
    for number in [number for number, handler in handlers.items() if callable(handler)]:
        del handlers[number]
    found["threading"] = _strands.Threads()
    return found


def _forked_threads(run: Run) -> _strands.Threads:
    before = _strands.threads_of(run)
    next_ident = next(before.count_ident)
    before.count_ident = itertools.count(next_ident)
    return _strands.Threads(count_ident=itertools.count(next_ident), stack_size=before.stack_size)
