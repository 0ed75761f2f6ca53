"""The clock of a run: every reading is recorded, a sleep is a durable timer.

A clock that may not go backwards goes on from the last value that the run was given, in whatever process or after
whatever reboot the run is resumed.
"""

from __future__ import annotations

import errno
import operator
import os
import time as _real
from collections.abc import Callable
from dataclasses import dataclass
from threading import get_ident as _get_ident
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims._leaf import ambient, patch

_NANO = 1_000_000_000
_time, _time_ns, _sleep = _real.time, _real.time_ns, _real.sleep
_localtime, _gmtime, _ctime, _asctime, _strftime = (
    _real.localtime,
    _real.gmtime,
    _real.ctime,
    _real.asctime,
    _real.strftime,
)
_clock_gettime, _clock_gettime_ns, _clock_getres = _real.clock_gettime, _real.clock_gettime_ns, _real.clock_getres
_pthread_getcpuclockid = _real.pthread_getcpuclockid

time = ambient(_time, "time.time")
time_ns = ambient(_time_ns, "time.time_ns")


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


@dataclass
class _Clock:
    """The last reading of a clock, and how far it is ahead of this process's."""

    last: int = 0
    offset: int = 0


def _steady(clock: str, real_ns: Callable[[], int], in_seconds: bool) -> Callable[[], Any]:
    """Return the reading of a clock that never goes backwards, in nanoseconds or float seconds."""

    def read() -> Any:
        run = context.current()
        if run is None:
            return real_ns() / _NANO if in_seconds else real_ns()
        nanoseconds = _read_steady(run, clock, real_ns)
        return nanoseconds / _NANO if in_seconds else nanoseconds

    name = clock if in_seconds else f"{clock}_ns"
    read.__name__ = read.__qualname__ = name
    read.__doc__ = getattr(_real, name).__doc__
    return read


def _read_steady(run: Run, clock: str, real_ns: Callable[[], int]) -> int:
    state = run.local(f"time.{clock}", _Clock)

    def live() -> int:
        state.offset = max(state.offset, state.last - real_ns())
        return real_ns() + state.offset

    state.last = run.ambient(f"time.{clock}", live)
    return state.last


def last_monotonic(run: Run) -> float:
    """Return what `run` read last from `monotonic`."""
    return run.local("time.monotonic", _Clock).last / _NANO


def advance_monotonic(run: Run, seconds: float) -> None:
    """Let no later reading of `monotonic` in `run` be before `seconds`."""
    state = run.local("time.monotonic", _Clock)
    state.last = max(state.last, int(seconds * _NANO) + 1)


monotonic = _steady("monotonic", _real.monotonic_ns, True)
monotonic_ns = _steady("monotonic", _real.monotonic_ns, False)
perf_counter = _steady("perf_counter", _real.perf_counter_ns, True)
perf_counter_ns = _steady("perf_counter", _real.perf_counter_ns, False)
process_time = _steady("process_time", _real.process_time_ns, True)
process_time_ns = _steady("process_time", _real.process_time_ns, False)
thread_time = _steady("thread_time", _real.thread_time_ns, True)
thread_time_ns = _steady("thread_time", _real.thread_time_ns, False)


def clock_gettime(clk_id: int, /) -> float:
    """Return the time of the clock `clk_id` in seconds."""
    run = context.current()
    return _clock_gettime(clk_id) if run is None else clock_gettime_ns(clk_id) / _NANO


def clock_gettime_ns(clk_id: int, /) -> int:
    """Return the time of the clock `clk_id` in nanoseconds."""
    run = context.current()
    if run is None:
        return _clock_gettime_ns(clk_id)
    if clk_id == _real.CLOCK_REALTIME:
        return int(run.ambient("time.time_ns", _time_ns))
    real = _clock_behind(run, clk_id)
    return _read_steady(run, f"clock_gettime({clk_id})", lambda: _clock_gettime_ns(real))


def clock_getres(clk_id: int, /) -> float:
    """Return the resolution of the clock `clk_id` in seconds."""
    run = context.current()
    return _clock_getres(clk_id if run is None else _clock_behind(run, clk_id))


def pthread_getcpuclockid(thread_id: int, /) -> int:
    """Return the id of the clock of a thread's CPU time. A run's threads are one thread: all its clocks are that's."""
    run = context.current()
    if run is None:
        return _pthread_getcpuclockid(thread_id)
    from durable.stdlib_shims._strands import strand_of

    if strand_of(run, operator.index(thread_id)) is None:
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    clock = run.ambient("time.pthread_getcpuclockid", lambda: _pthread_getcpuclockid(_get_ident()))
    _clocks_of_threads(run).add(clock)
    return clock


def _clocks_of_threads(run: Run) -> set[int]:
    return run.local("time.pthread_getcpuclockid", set)


def _clock_behind(run: Run, clk_id: int) -> int:
    """Return the clock to read for `clk_id`, which may belong to a thread of a process that is no more."""
    return _real.CLOCK_THREAD_CPUTIME_ID if clk_id in _clocks_of_threads(run) else clk_id


def sleep(seconds: float, /) -> None:
    """Wait `seconds`; within a run by a timer that does not start over after a crash."""
    run = context.current()
    if run is None:
        _sleep(seconds)
        return
    if not isinstance(seconds, int | float) and hasattr(type(seconds), "__index__"):
        seconds = seconds.__index__()
    if not isinstance(seconds, int | float) or not 0 <= seconds < _LONGEST:
        _sleep(seconds if seconds != 0 else "")  # type: ignore[arg-type]  # raises what plain Python raises
    run.sleep(seconds)


_LONGEST = 9_223_372_036.0  # seconds; the real one overflows beyond


def _now(seconds: float | None) -> float | None:
    return time() if seconds is None and context.current() is not None else seconds


def localtime(seconds: float | None = None, /) -> _real.struct_time:
    """Return the local time of `seconds` since the epoch (None: now)."""
    return _localtime(_now(seconds))


def gmtime(seconds: float | None = None, /) -> _real.struct_time:
    """Return the UTC of `seconds` since the epoch (None: now)."""
    return _gmtime(_now(seconds))


def ctime(seconds: float | None = None, /) -> str:
    """Return the local time of `seconds` since the epoch (None: now) as text."""
    return _ctime(_now(seconds))


def asctime(*args: Any) -> str:
    """Return a time tuple (none: now) as text."""
    return _asctime(*(args or (localtime(),)))


def strftime(format: str, *args: Any) -> str:
    """Return a time tuple (none: now) by `format`."""
    return _strftime(format, *(args or (localtime(),)))


def install() -> None:
    """Make the real module serve runs."""
    own = globals()
    patch(_real, **{name: own[name] for name in _NAMES})


_NAMES = (
    "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns thread_time "
    "thread_time_ns clock_gettime clock_gettime_ns clock_getres pthread_getcpuclockid sleep localtime gmtime ctime "
    "asctime strftime"
).split()
