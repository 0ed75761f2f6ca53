"""Finalizers and what is done after a fork and at the end of a process: each process of a run has its own."""

from __future__ import annotations

import io
import itertools
import multiprocessing.util as _real
import os
import sys
import weakref
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import atexit as _atexit
from durable.stdlib_shims._files import is_collecting
from durable.stdlib_shims._leaf import stand_for
from durable.stdlib_shims._strands import Choice

_finalize: Any = _real.Finalize.__call__


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _finalized(self: Any, wr: Any = None) -> Any:
    run = context.current()
    if run is None:
        return _finalize(self, wr)
    if is_collecting() or run.scheduler.stopped:
        return None  # its moment is not the program's; it is called at the end of the process
    registry: dict[Any, Any] = _real._finalizer_registry  # type: ignore[attr-defined]
    return _finalize(self, wr, registry, _real.sub_debug, os.getpid)


def _no_input() -> None:
    """Give the child nothing to read, as /dev/null would."""
    sys.stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def prepare(run: Run) -> None:
    """Give `run` tables of its own."""
    fresh = {
        "_finalizer_registry": {},
        "_finalizer_counter": itertools.count(),
        "_afterfork_registry": weakref.WeakValueDictionary(),
        "_afterfork_counter": itertools.count(),
        "_exiting": False,
        "_logger": None,
        "_log_to_stderr": False,
    }
    for name, value in fresh.items():
        run.cells.add(_real, name, value)
    _atexit.register_first(run, _real._exit_function)  # type: ignore[attr-defined]


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    module: Any = _real
    if module.Finalize.__call__ is _finalized:
        return
    stand_for(_finalized, _finalize)
    module.Finalize.__call__ = _finalized
    module._close_stdin = Choice(_no_input, module._close_stdin)
