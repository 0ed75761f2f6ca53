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
_Pool = _real.ProcessPoolExecutor
_real_init = _Pool.__init__
_real_submit: Any = _Pool.submit
_real_shutdown = _Pool.shutdown
_CALL = "r = call_item.fn(*call_item.args, **call_item.kwargs)"


def _pool_of(executor: Any) -> ThreadPoolExecutor | None:
    """Return what performs the tasks of an executor that a run made, None for a real one."""
    return executor.__dict__.get("_durable_pool")  # type: ignore[no-any-return]


@functools.wraps(_real_init)
def _init(
    self: Any,
    max_workers: int | None = None,
    mp_context: Any = None,
    initializer: Any = None,
    initargs: tuple[Any, ...] = (),
    **options: Any,
) -> None:
    if context.current() is None:
        _real_init(self, max_workers, mp_context, initializer, initargs, **options)
        return
    self._max_workers = (os.cpu_count() or 1) if max_workers is None else max_workers
    self._durable_pool = ThreadPoolExecutor(self._max_workers, "ForkProcess", initializer, initargs)


@functools.wraps(_real_submit)
def _submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    pool = _pool_of(self)
    if pool is None:
        return _real_submit(self, fn, *args, **kwargs)
    future: Future[Any] = Future()
    task = pool.submit(_perform, future, fn, *copy.deepcopy((args, kwargs)))
    task.add_done_callback(lambda task: future.cancel() if task.cancelled() else None)
    return future


@functools.wraps(_real_shutdown)
def _shutdown(self: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
    pool = _pool_of(self)
    if pool is None:
        _real_shutdown(self, wait, cancel_futures=cancel_futures)
    else:
        pool.shutdown(wait, cancel_futures=cancel_futures)


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    pool: Any = _Pool
    pool.__init__, pool.submit, pool.shutdown = _init, _submit, _shutdown


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
