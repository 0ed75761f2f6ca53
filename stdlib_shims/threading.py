"""Threads as strands: the real `threading` module over primitives that know runs.

`install()` replaces what the real module is built on (locks, thread identities, the start of a thread, the clock, its
tables of threads) by versions which serve strands within a run and the process outside. Its classes and their code stay
the real ones, shared by the program and by library code, so `isinstance`, subclassing, error messages and the frames of
tracebacks are Python's own. What is made outside a run stays real, with one exception: a `local` made anywhere holds
each strand's own values. `threading.settrace` and `setprofile` are refused: a replay would trace what never happened.
"""

from __future__ import annotations

import _thread
import functools
import importlib._bootstrap
import reprlib
import threading as _real
import time
import types
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import _strands, _sync
from durable.stdlib_shims._locals import local as local
from durable.stdlib_shims._strands import Choice, PerRun, ident_of, native_id_of, threads_of

_MIN_STACK = 32_768


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def join_threads(run: Run) -> None:
    """Do what Python does when the main module has ended: end executors, then wait for the non-daemon threads.

    To be called in the main strand.
    """
    threads = threads_of(run)
    if threads.is_exiting:
        return
    threads.is_exiting = True
    for call in reversed(threads.atexits):
        call()
    for queue in list(threads.pool_queues.values()):
        queue.put(None)
    for thread in list(threads.pool_queues):
        thread.join()
    main = threads.main
    main._tstate_lock.release()
    main._stop()
    while locks := list(threads.shutdown_locks):
        threads.shutdown_locks.clear()
        for lock in locks:
            lock.acquire()
            lock.release()


def _shut_down() -> None:
    join_threads(_strand()[0])


def install() -> None:
    """Make the real module serve strands; a second call does nothing."""
    if isinstance(_real._active, PerRun):  # type: ignore[attr-defined]
        return
    real: Any = _real
    lock = Choice(_sync.Lock, real._allocate_lock)
    real.Lock = real._allocate_lock = lock
    real._CRLock = _sync.RLockType
    real._set_sentinel = Choice(_strands.set_sentinel, real._set_sentinel)
    real._start_new_thread = Choice(_strands.start_new_thread, real._start_new_thread)
    real.get_ident = Choice(_get_ident, real.get_ident)
    real.get_native_id = Choice(_get_native_id, real.get_native_id)
    real.local = local
    real._time = monotonic
    real._active = PerRun(real._active, lambda threads: threads.active)
    real._limbo = PerRun(real._limbo, lambda threads: threads.limbo)
    # Reentrant: a dropped strand that is collected while this is held unwinds through code that takes it.
    real._shutdown_locks_lock = _sync.allocate_rlock()
    real._shutdown_locks = PerRun(real._shutdown_locks, lambda threads: threads.shutdown_locks)
    real._maintain_shutdown_locks = Choice(_maintain_shutdown_locks, real._maintain_shutdown_locks)
    real._threading_atexits = PerRun(real._threading_atexits, lambda threads: threads.atexits)
    real._counter = Choice(_count_name, real._counter)
    real.main_thread = Choice(_main_thread, real.main_thread)
    real.stack_size = Choice(_stack_size, real.stack_size)
    real._shutdown = Choice(_shut_down, real._shutdown)
    real.settrace = Choice(_refused("settrace"), real.settrace)
    real.setprofile = Choice(_refused("setprofile"), real.setprofile)
    real.excepthook = real.__excepthook__ = _strands.excepthook
    real._make_invoke_excepthook = _strands.make_invoke_excepthook
    real.Thread.__hash__ = _strands.steady_hash
    _install_primitives(real)


def _install_primitives(real: Any) -> None:
    """Let `_thread`, and the modules that took names from it, serve strands; the import system keeps the real ones."""
    thread: Any = _thread
    importing: Any = importlib._bootstrap
    importing._thread = types.SimpleNamespace(**vars(_thread))
    thread.start_new_thread = thread.start_new = real._start_new_thread
    thread.allocate_lock = thread.allocate = real.Lock
    thread.RLock = _sync.RLockType
    thread.get_ident = reprlib.get_ident = real.get_ident  # type: ignore[attr-defined]
    thread.get_native_id = real.get_native_id
    thread._set_sentinel = real._set_sentinel
    thread._local = local
    functools.RLock = _sync.RLockType  # type: ignore[attr-defined]


def prepare(run: Run) -> None:
    """Let the hook for uncaught exceptions that the program sets be the run's own."""
    run.cells.add(_real, "excepthook", _strands.excepthook)


def monotonic() -> float:
    """Return `time.monotonic()` as it is when this is called: the run's own clock within a run."""
    return time.monotonic()


def _strand() -> tuple[Run, int]:
    run = context.current()
    assert run is not None
    return run, ident_of(run, run.strand)


def _get_ident() -> int:
    return _strand()[1]


def _get_native_id() -> int:
    return native_id_of(_strand()[1])


def _maintain_shutdown_locks() -> None:
    """Drop the locks of ended threads, once their number may have doubled: the real one looks at all each time."""
    threads = threads_of(_strand()[0])
    if len(threads.shutdown_locks) >= threads.locks_limit:
        threads.shutdown_locks = {lock for lock in threads.shutdown_locks if lock.locked()}
        threads.locks_limit = 64 + 2 * len(threads.shutdown_locks)


def _count_name() -> int:
    return next(threads_of(_strand()[0]).count_name)


def _main_thread() -> _real.Thread:
    main: _real.Thread = threads_of(_strand()[0]).main
    return main


def _stack_size(size: int = 0, /) -> int:
    threads = threads_of(_strand()[0])
    if size < 0:
        raise ValueError("size must be 0 or a positive value")
    if 0 < size < _MIN_STACK:
        raise ValueError(f"size not valid: {size} bytes")
    before, threads.stack_size = threads.stack_size, size
    return before


def _refused(name: str) -> Any:
    def refused(func: Any) -> None:
        raise RuntimeError(f"threading.{name} cannot be used in a durable run: it would see replayed code as new")

    return refused
