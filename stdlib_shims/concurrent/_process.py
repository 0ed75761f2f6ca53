"""`ProcessPoolExecutor` for runs: its tasks are strands, which see copies of their arguments as a process would."""

from __future__ import annotations

import concurrent.futures.process as _real
import copy
import functools
import linecache
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from durable.runner import context
from durable.runner.codec.frames import Frame, traceback_of
from durable.stdlib_shims._strands import FATAL, hide_own_frames

_process: Any = _real  # its private parts have no types
_RealPool = _real.ProcessPoolExecutor
_CALL = "r = call_item.fn(*call_item.args, **call_item.kwargs)"


class ProcessPoolExecutor(_RealPool):
    __doc__ = _RealPool.__doc__
    _pool: ThreadPoolExecutor | None = None

    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: Any = None,
        initializer: Any = None,
        initargs: tuple[Any, ...] = (),
        *,
        max_tasks_per_child: int | None = None,
    ) -> None:
        if context.current() is None:
            super().__init__(max_workers, mp_context, initializer, initargs, max_tasks_per_child=max_tasks_per_child)
            return
        workers = (os.cpu_count() or 1) if max_workers is None else max_workers
        self._pool = ThreadPoolExecutor(workers, "ForkProcess", initializer, initargs)
        self._max_workers = workers

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if self._pool is None:
            return super().submit(fn, *args, **kwargs)
        future: Future[Any] = Future()
        task = self._pool.submit(_perform, future, fn, *copy.deepcopy((args, kwargs)))
        task.add_done_callback(lambda task: future.cancel() if task.cancelled() else None)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self._pool is None:
            super().shutdown(wait, cancel_futures=cancel_futures)
        else:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)


def _perform(future: Future[Any], fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Give `future` a copy of what `fn` returns, or its exception with a worker process's traceback as text."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(copy.deepcopy(fn(*args, **kwargs)))
    except FATAL as error:
        future.set_exception(error)
    except BaseException as error:
        hide_own_frames(error)
        stack = traceback_of([_worker_frame()])
        assert stack is not None
        stack.tb_next = error.__traceback__
        remote: Any = context.unrecorded(_process._ExceptionWithTraceback, error, stack)
        future.set_exception(_process._rebuild_exc(remote.exc, remote.tb))


@functools.cache
def _worker_frame() -> Frame:
    """Return the frame of the line in which a worker process calls a task."""
    code = _process._process_worker.__code__
    lines = context.unrecorded(linecache.getlines, _real.__file__)
    for number, line in enumerate(lines, 1):
        column = line.find(_CALL)
        if column >= 0:
            start = column + len("r = ")
            return Frame(_real.__file__, code.co_name, number, number, start, column + len(_CALL))
    return Frame(_real.__file__, code.co_name, code.co_firstlineno, code.co_firstlineno, -1, -1)


ProcessPoolExecutor.__module__ = "concurrent.futures.process"
