"""`ProcessPoolExecutor` for runs: the real class, whose workers are processes of the run."""

from __future__ import annotations

import concurrent.futures.process as _real
import functools
import weakref
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims._strands import threads_of

_process: Any = _real  # its private parts have no types
_Pool: Any = _real.ProcessPoolExecutor
_real_init = _Pool.__init__


@functools.wraps(_real_init)
def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    run = context.current()
    if run is not None:
        run.local("concurrent.futures.process", lambda: _prepare(run))
    _real_init(self, *args, **kwargs)


def _prepare(run: Run) -> bool:
    """Give `run` its own table of the pools that end before its threads are waited for."""
    run.cells.add(_process, "_threads_wakeups", weakref.WeakKeyDictionary())
    run.cells.add(_process, "_global_shutdown", False)
    threads_of(run).atexits.append(_process._python_exit)
    return True


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    if _Pool.__init__ is not _init:
        _Pool.__init__ = _init
