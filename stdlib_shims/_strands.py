"""What `threading` knows of a run's threads: strands in, a run's own thread table and identities out.

The real module keeps this in globals of the process (`_active`, `_limbo`, a counter of names). A `PerRun` object put in
such a global is the process's outside runs and the run's own within one, so the module's own code serves both.
"""

from __future__ import annotations

import itertools
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from durable.runner import context
from durable.runner.codec.frames import without_own
from durable.runner.core.scheduler import Stopped, Strand
from durable.runner.errors import DurableError, EffectOutsideStep, StopRun
from durable.runner.run import Run
from durable.stdlib_shims._sigmask import inherit

_FIRST_IDENT = 140_000_000_000_000
_IDENT_STEP = 0x1000
_FIRST_NATIVE_ID = 100_000
FATAL = (StopRun, EffectOutsideStep, DurableError)


class LocalsKey:
    """One thread's key to its values in each `local`: they go when the thread ends, or when the `local` does."""

    __slots__ = ("__weakref__",)


@dataclass
class Threads:
    """The threads of one run; made by `threads_of`."""

    active: dict[int, Any] = field(default_factory=dict)
    limbo: dict[Any, Any] = field(default_factory=dict)
    shutdown_locks: set[Any] = field(default_factory=set)
    locks_limit: int = 64
    pool_queues: weakref.WeakKeyDictionary[Any, Any] = field(default_factory=weakref.WeakKeyDictionary)
    locals: dict[int, LocalsKey] = field(default_factory=dict)
    count_name: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    count_pool: Iterator[int] = field(default_factory=itertools.count)
    count_hash: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    count_ident: Iterator[int] = field(default_factory=itertools.count)
    atexits: list[Callable[[], Any]] = field(default_factory=list)
    main: Any = None
    stack_size: int = 0
    is_exiting: bool = False


def threads_of(run: Run) -> Threads:
    """Return the thread table of `run`."""
    found = run.local("threading", Threads)
    if found.main is None:
        found.main = ()
        found.main = _main_thread(run, found)
    return found


def _main_thread(run: Run, threads: Threads) -> threading.Thread:
    """Return the object that stands for the run's first strand in `threads`."""
    from durable.stdlib_shims._sync import Lock

    thread: Any = threading._MainThread.__new__(threading._MainThread)  # type: ignore[attr-defined]
    threading.Thread.__init__(thread, name="MainThread", daemon=False)
    thread._tstate_lock = Lock()
    thread._tstate_lock.acquire()
    thread._started.set()
    thread._ident = ident_of(run, _main_strand(run))
    thread._native_id = native_id_of(thread._ident)
    threads.shutdown_locks.add(thread._tstate_lock)
    threads.active[thread._ident] = thread
    return thread  # type: ignore[no-any-return]


def _main_strand(run: Run) -> Strand:
    from durable.stdlib_shims._processes import main_strand

    return main_strand(run)


def ident_of(run: Run, strand: Strand) -> int:
    """Return the thread identifier of `strand`: the same on every replay. Strands that are one thread share theirs."""
    ident: int | None = strand.local.get("ident")
    if ident is None:
        threads = threads_of(run)
        ident = strand.local.get("ident")  # making the table may have given it one
        if ident is None:
            ident = strand.local["ident"] = _FIRST_IDENT + _IDENT_STEP * next(threads.count_ident)
    return ident


def native_id_of(ident: int) -> int:
    """Return the number that stands for the kernel's thread id."""
    return _FIRST_NATIVE_ID + (ident - _FIRST_IDENT) // _IDENT_STEP


def strand_of(run: Run, ident: int) -> Strand | None:
    """Return the strand of the thread that has this identifier, None if there is none that has not ended."""
    living = (strand for strand in run.scheduler.strands if not strand.done)
    return next((strand for strand in living if ident_of(run, strand) == ident), None)


class Choice:
    """A callable that is `inside` while a run executes on this thread and `outside` otherwise; never a method."""

    def __init__(self, inside: Callable[..., Any], outside: Callable[..., Any]) -> None:
        self._inside = inside
        self._outside = outside
        self.__name__ = getattr(outside, "__name__", "")
        self.__doc__ = outside.__doc__
        self.__wrapped__ = outside

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return (self._outside if context.current() is None else self._inside)(*args, **kwargs)

    def __repr__(self) -> str:
        return repr(self._outside)


class PerRun:
    """A container of the process (`outside`) that is the run's own (`inside` of its `Threads`) while a run executes."""

    def __init__(self, outside: Any, inside: Callable[[Threads], Any]) -> None:
        self._outside = outside
        self._inside = inside

    def _here(self) -> Any:
        run = context.current()
        return self._outside if run is None else self._inside(threads_of(run))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._here(), name)

    def __getitem__(self, key: Any) -> Any:
        return self._here()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._here()[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._here()[key]

    def __iter__(self) -> Iterator[Any]:
        yield from self._here()

    def __reversed__(self) -> Iterator[Any]:
        yield from reversed(self._here())

    def __len__(self) -> int:
        return len(self._here())

    def __bool__(self) -> bool:
        return bool(self._here())

    def __contains__(self, key: object) -> bool:
        return key in self._here()


def steady_hash(self: Any) -> int:
    """Return a hash that is no address, so that sets of threads and futures iterate alike on replay."""
    own: int | None = self.__dict__.get("_durable_hash")
    if own is None:
        run = context.current()
        own = object.__hash__(self) if run is None else next(threads_of(run).count_hash)
        self.__dict__["_durable_hash"] = own
    return own


# The end of a thread


def start_new_thread(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> int:
    """Start a strand that calls `function`; return its identifier (as `_thread.start_new_thread`)."""
    run = context.current()
    assert run is not None
    thread = getattr(function, "__self__", None)
    is_thread = isinstance(thread, threading.Thread)
    name = thread.name if isinstance(thread, threading.Thread) else f"Dummy-{len(run.scheduler.strands)}"

    def body() -> None:
        _run_thread(run, lambda: function(*args, **(kwargs or {})))

    strand = run.spawn(body, name, thread.daemon if is_thread and thread is not None else True)
    inherit(run.strand, strand)
    return ident_of(run, strand)


def _run_thread(run: Run, call: Callable[[], Any]) -> None:
    """Call `call` as the whole of a strand; an error that ends the run is raised here and in the main strand."""
    strand = run.strand
    fatal: BaseException | None = None
    try:
        call()
    except (SystemExit, Stopped):
        pass
    except FATAL as error:
        fatal = error
    except BaseException as error:
        report(error, "Exception ignored in thread started by: ")
    sentinel = strand.local.pop("sentinel", None)
    if sentinel is not None and sentinel.locked():
        sentinel.release()
    threads_of(run).locals.pop(ident_of(run, strand), None)
    fatal = strand.local.pop("fatal", fatal)
    if fatal is not None:
        run.scheduler.interrupt(run.scheduler.strands[0], fatal)
        raise fatal


def set_sentinel() -> Any:
    """Return a lock that is released when the strand has ended (as `_thread._set_sentinel`)."""
    from durable.stdlib_shims._sync import Lock

    run = context.current()
    assert run is not None
    lock = run.strand.local["sentinel"] = Lock()
    return lock


def end_run(run: Run, error: BaseException) -> None:
    """End the run with `error`, which must not be lost in a future or in a thread's report."""
    main = run.scheduler.strands[0]
    if run.strand is main:
        raise error
    run.scheduler.interrupt(main, error)


# Reports


def excepthook(args: Any, /) -> None:
    """Report an uncaught exception of a thread as plain Python does; one that ends the run is kept for it."""
    run = context.current()
    if run is None:
        _real_excepthook(args)
        return
    if isinstance(args.exc_value, FATAL):
        run.strand.local["fatal"] = args.exc_value
        return
    if isinstance(args.exc_value, Stopped):
        return
    if args.exc_value is not None:
        hide_own_frames(args.exc_value)
    if args.exc_type is not SystemExit:
        name = args.thread.name if args.thread is not None else threading.get_ident()
        report(args.exc_value, f"Exception in thread {name}:")


def make_invoke_excepthook() -> Callable[[Any], None]:
    """Return what a thread calls with an uncaught exception: the program's hook, unless the exception ends the run."""
    plain: Callable[[Any], None] = _real_make_invoke_excepthook()

    def invoke(thread: Any) -> None:
        kind, error, tb = sys.exc_info()
        if context.current() is not None and error is not None:
            if isinstance(error, (*FATAL, Stopped)):
                excepthook(threading.ExceptHookArgs([kind, error, tb, thread]))
                return
            hide_own_frames(error)
        plain(thread)

    return invoke


def report(error: BaseException | None, header: str) -> None:
    """Print `header` and the traceback of `error` to the program's standard error."""
    if sys.stderr is None or error is None:
        return
    hide_own_frames(error)
    text = context.unrecorded(lambda: "".join(traceback.format_exception(error)))
    print(header, file=sys.stderr, flush=True)
    print(text, end="", file=sys.stderr, flush=True)


def hide_own_frames(error: BaseException) -> None:
    """Take durable's own frames out of the tracebacks of `error` and of the exceptions linked with it."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        found = todo.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        found.__traceback__ = without_own(found.__traceback__)
        todo += (found.__cause__, found.__context__)
        if isinstance(found, BaseExceptionGroup):
            todo += found.exceptions


_real_excepthook: Callable[[Any], Any] = threading.__excepthook__
_real_make_invoke_excepthook: Callable[[], Any] = threading._make_invoke_excepthook  # type: ignore[attr-defined]
