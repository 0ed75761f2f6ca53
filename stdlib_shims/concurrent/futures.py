"""Executors over strands: the real `concurrent.futures` over the shims of `threading` and `queue`.

A `ThreadPoolExecutor` made in a run has strands as workers, so what its tasks do are steps of the run and at most
`max_workers` tasks are under way at a time. The workers of a `ProcessPoolExecutor` are processes of the run. Classes,
exceptions and their code are the real ones.
"""

from __future__ import annotations

import concurrent.futures as _real
import concurrent.futures._base as _base
import concurrent.futures.thread as _thread
import sys
from typing import Any

from durable.runner import context
from durable.stdlib_shims import queue as _queue
from durable.stdlib_shims import threading as _threading
from durable.stdlib_shims._leaf import stand_for
from durable.stdlib_shims._strands import FATAL, Choice, PerRun, Threads, end_run, steady_hash, threads_of
from durable.stdlib_shims._sync import Lock

_real_set_exception = _base.Future.set_exception


_real_getattr: Any = _real.__getattr__


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return [*dir(_real), *_real.__all__]


class _IsExiting:
    """Stands for the module's flag `_shutdown`: true once the interpreter, or the run, is ending."""

    def __bool__(self) -> bool:
        run = context.current()
        return run is not None and threads_of(run).is_exiting


def _set_exception(self: Any, exception: Any) -> None:
    """Set the exception of a future; one that ends the run also ends it if nobody asks for the result."""
    _real_set_exception(self, exception)
    run = context.current()
    if run is not None and isinstance(exception, FATAL):
        end_run(run, exception)


def _count_pool() -> int:
    run = context.current()
    assert run is not None
    return next(threads_of(run).count_pool)


def _pool_queues(threads: Threads) -> Any:
    return threads.pool_queues


def _get_member(name: str) -> Any:
    """Return a lazily imported member of the real package; its process pool serves runs from then on."""
    found = _real_getattr(name)
    if name == "ProcessPoolExecutor":
        _install_process()
    return found


def _install_process() -> None:
    from durable.stdlib_shims.concurrent import _process

    _process.install()


def install() -> None:
    """Make the real package serve strands; a second call does nothing."""
    _queue.install()
    module: Any = _thread
    if isinstance(module._threads_queues, PerRun):
        return
    module._threads_queues = PerRun(module._threads_queues, _pool_queues)
    module._global_shutdown_lock = Lock(is_shared=True)
    module._shutdown = _IsExiting()
    executor: Any = _thread.ThreadPoolExecutor
    executor._counter = Choice(_count_pool, executor._counter)
    real: Any = _real
    real.__getattr__ = _get_member
    if "concurrent.futures.process" in sys.modules:
        _install_process()
    future: Any = _base.Future
    future.__hash__ = steady_hash
    stand_for(_set_exception, _real_set_exception)
    future.set_exception = _set_exception
    _threading.install()
