"""Signals of a run: handlers belong to the run; signals come to it as events, alarms as durable timers.

A handler runs in a strand of its own that counts as the main thread; what it raises is raised in the main strand.
"""

from __future__ import annotations

import _thread
import errno
import os
import signal as _real
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from durable.runner import context
from durable.runner.codec.frames import is_own
from durable.runner.core.scheduler import Strand
from durable.runner.run import Run
from durable.stdlib_shims import _sigmask
from durable.stdlib_shims import time as _clock
from durable.stdlib_shims._processes import Process, processes_of
from durable.stdlib_shims._strands import strand_of

_signal, _getsignal, _raise_signal, _pause = _real.signal, _real.getsignal, _real.raise_signal, _real.pause
_alarm, _setitimer, _getitimer = _real.alarm, _real.setitimer, _real.getitimer
_pthread_kill, _pidfd_send_signal, _siginterrupt = _real.pthread_kill, _real.pidfd_send_signal, _real.siginterrupt
_interrupt_main = _thread.interrupt_main
_IGNORED = frozenset({_real.SIGCHLD, _real.SIGURG, _real.SIGWINCH, _real.SIGCONT})
_UNCATCHABLE = frozenset({_real.SIGKILL, _real.SIGSTOP})
_KILLED = 128


@dataclass
class _State:
    """The handlers of a run, the strands that wait for any signal, and its alarm clock."""

    handlers: dict[int, Any] = field(default_factory=dict)
    pausing: list[Strand] = field(default_factory=list)
    alarm: int = 0
    due: float | None = None
    interval: float = 0.0


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def signals_of(run: Run) -> _State:
    """Return the signal state of `run`."""
    return run.local("signal", _State)


def forked(run: Run) -> _State:
    """Return the state of a process that `run` forks: the same handlers, no alarm."""
    return _State(handlers=dict(signals_of(run).handlers))


def handled(run: Run) -> frozenset[str]:
    """Return the names of the signals for which the program has a handler of its own, or which it blocks."""
    own = {number for number, to in signals_of(run).handlers.items() if callable(to)}
    return frozenset(_real.Signals(number).name for number in own | _sigmask.blocked(run))


def _default(number: int) -> Any:
    return _real.default_int_handler if number == _real.SIGINT else _real.SIG_DFL


def signal(signalnum: int, handler: Any) -> Any:
    """Set the handler of a signal and return the one before."""
    run = context.current()
    if run is None:
        return _signal(signalnum, handler)
    number = _real.Signals(signalnum) if signalnum in _real.valid_signals() else None
    if number is None:
        raise ValueError("signal number out of range")
    if number in _UNCATCHABLE:
        raise OSError(22, "Invalid argument")
    if not callable(handler) and handler not in (_real.SIG_DFL, _real.SIG_IGN):
        raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
    handlers = signals_of(run).handlers
    before = handlers.get(number, _default(number))
    handlers[number] = handler
    return before


def getsignal(signalnum: int) -> Any:
    """Return the handler of a signal."""
    run = context.current()
    if run is None:
        return _getsignal(signalnum)
    return signals_of(run).handlers.get(signalnum, _default(signalnum))


def raise_signal(signalnum: int, /) -> None:
    """Send a signal to the program itself."""
    run = context.current()
    if run is None:
        _raise_signal(signalnum)
        return
    number = _real.Signals(signalnum)
    if not _sigmask.is_kept(run, number, run.strand):
        _handle(run, number)


def pthread_kill(thread_id: int, signalnum: int, /) -> None:
    """Send a signal to a thread of the program."""
    run = context.current()
    if run is None:
        _pthread_kill(thread_id, signalnum)
        return
    if signalnum and signalnum not in _real.valid_signals():
        raise ValueError(f"signal number {signalnum} out of range")
    strand = strand_of(run, thread_id)
    if strand is None:
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    if signalnum and not _sigmask.is_kept(run, signalnum, strand):
        _send(run, signalnum)


def pidfd_send_signal(pidfd: int, signalnum: int, siginfo: None = None, flags: int = 0, /) -> None:
    """Send a signal to the process that a descriptor refers to."""
    run = context.current()
    if run is None:
        _pidfd_send_signal(pidfd, signalnum, siginfo, flags)
    elif siginfo is not None:
        raise TypeError("siginfo must be None")
    elif run.ambient("signal.pidfd_send_signal", lambda: _is_this_process(pidfd)):
        raise_signal(signalnum)
    else:
        callee = "signal.pidfd_send_signal"
        run.step(_pidfd_send_signal, pidfd, signalnum, siginfo, flags, effect="write", callee=callee)


def _is_this_process(pidfd: int) -> bool:
    try:
        lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
        is_its_folder = os.readlink(f"/proc/self/fd/{pidfd}") == f"/proc/{os.getpid()}"
    except OSError:
        return False
    return is_its_folder or f"Pid:\t{os.getpid()}" in lines


def interrupt_main(signum: int = _real.SIGINT, /) -> None:
    """Do as if a signal had come; nothing if the program leaves it to the system (as `_thread.interrupt_main`)."""
    run = context.current()
    if run is None:
        _interrupt_main(_real.Signals(signum))
        return
    number = _real.Signals(signum)
    if callable(signals_of(run).handlers.get(number, _default(number))):
        _send(run, number)


def _send(run: Run, signalnum: int) -> None:
    """Have the main thread handle a signal: at once if it is the one that calls."""
    number = _real.Signals(signalnum)
    if run.strand is _sigmask.main_strand(run):
        _handle(run, number)
    else:
        run.scheduler.hurry(_in_main(run, lambda: _handle(run, number)))


def siginterrupt(signalnum: int, flag: bool, /) -> None:
    """Say whether a signal interrupts system calls: those of a run are steps, which none does."""
    if context.current() is None:
        _siginterrupt(signalnum, flag)
    elif signalnum not in _real.valid_signals():
        raise ValueError("signal number out of range")


def _handle(run: Run, number: _real.Signals) -> None:
    """Do in this strand what the signal means."""
    state = signals_of(run)
    handler = state.handlers.get(number, _default(number))
    if callable(handler) and number not in _UNCATCHABLE:
        handler(int(number), _interrupted(run))
    elif handler != _real.SIG_IGN and number not in _IGNORED:
        if run.scheduler.process is not None:
            processes_of(run).end(run.scheduler.process, -number)
        raise SystemExit(_KILLED + number)
    waiting, state.pausing = state.pausing, []
    for strand in waiting:
        run.unpark(strand)


def send(run: Run, process: Process | None, signalnum: int) -> None:
    """Send a signal from one process of the run to another (None: the program itself)."""
    if signalnum and signalnum not in _real.valid_signals():
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    if not signalnum or (process is not None and process.status is not None):
        return
    state = processes_of(run).memory(process).locals.get("signal") or _State()
    number = _real.Signals(signalnum)
    handler = state.handlers.get(number, _default(number))
    if callable(handler) and number not in _UNCATCHABLE:
        main = run.scheduler.strands[0] if process is None else process.main
        assert main is not None
        _in_thread(run, main, lambda: None if _sigmask.is_kept(run, number) else _handle(run, number))
    elif number in _UNCATCHABLE or (handler != _real.SIG_IGN and number not in _IGNORED):
        if process is not None:
            processes_of(run).end(process, -number)
        else:
            run.scheduler.interrupt(run.scheduler.strands[0], SystemExit(_KILLED + number))


def _interrupted(run: Run) -> types.FrameType | None:
    """Return the frame in which the signal finds the main thread."""
    main = _sigmask.main_strand(run)
    frame: types.FrameType | None = sys._getframe()
    if run.strand is not main:
        frame = getattr(_below(main, run.strand).glet, "gr_frame", None)
    while frame is not None and is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _below(main: Strand, handling: Strand) -> Strand:
    """Return what a handler interrupts: the main strand, or the handler that was at work there."""
    at_work: list[Strand] = main.local.get(_AT_WORK, [])
    others = at_work[: at_work.index(handling)] if handling in at_work else at_work
    return others[-1] if others else main


def _arrived(run: Run, name: str) -> None:
    """Take a signal that came to the run from outside; names that are no signal's, or not handled, are nobody's."""
    number = _real.Signals.__members__.get(name)
    if number is not None and _sigmask.is_kept(run, number):
        return
    if number is None or (number != _real.SIGINT and number not in signals_of(run).handlers):
        return
    _in_main(run, lambda: _handle(run, number))


def _in_main(run: Run, handle: Callable[[], None]) -> Strand:
    """Run `handle` in a strand that counts as the main thread; what it raises is raised in the main strand."""
    return _in_thread(run, _sigmask.main_strand(run), handle)


def _in_thread(run: Run, main: Strand, handle: Callable[[], None]) -> Strand:
    """Run `handle` in a strand; until it ends, what it interrupts stands still, as in one thread."""

    def body() -> None:
        at_work: list[Strand] = main.local.setdefault(_AT_WORK, [])
        interrupted = at_work[-1] if at_work else main
        at_work.append(run.strand)
        interrupted.is_held = True
        try:
            handle()
        except BaseException as error:
            run.scheduler.interrupt(interrupted, error)
        finally:
            at_work.remove(run.strand)
            run.scheduler.release(interrupted)

    strand = run.spawn(body, "MainThread", daemon=True)
    strand.process = main.process
    if "ident" in main.local:
        strand.local["ident"] = main.local["ident"]
    return strand


def alarm(seconds: int, /) -> int:
    """Have SIGALRM sent in `seconds` (0: not at all); return how many were left of the alarm before."""
    run = context.current()
    if run is None:
        return _alarm(seconds)
    left, _ = setitimer(_real.ITIMER_REAL, seconds)
    return -int(-left // 1)


def setitimer(which: int, seconds: float, interval: float = 0.0, /) -> tuple[float, float]:
    """Have SIGALRM sent in `seconds` (0: not at all) and then every `interval`; return what was set before."""
    run = context.current()
    if run is None:
        return _setitimer(which, seconds, interval)
    if which != _real.ITIMER_REAL:
        raise _real.ItimerError(22, "Invalid argument: a durable run has only ITIMER_REAL")
    before = getitimer(which)
    state = signals_of(run)
    state.alarm += 1
    state.due, state.interval = (None, 0.0) if seconds == 0 else (_clock.monotonic() + seconds, interval)
    if seconds:
        number = state.alarm
        run.spawn(lambda: _ring(run, number, seconds, interval), "alarm", daemon=True)
    return before


_AT_WORK = "signal.at_work"
"""The strands that run handlers, each interrupting the one before it."""


def _ring(run: Run, alarm_number: int, seconds: float, interval: float) -> None:
    """Ring; not again while a handler is at work, which takes microseconds in plain Python, here the journal's time."""
    state = signals_of(run)
    while True:
        run.sleep(seconds)
        if state.alarm != alarm_number:
            return
        state.due = None
        if not _sigmask.is_kept(run, _real.SIGALRM):
            run.scheduler.join(_in_main(run, lambda: _handle(run, _real.SIGALRM)))
        if not interval or state.alarm != alarm_number:
            return
        seconds = interval
        state.due = _clock.monotonic() + interval


def getitimer(which: int, /) -> tuple[float, float]:
    """Return how many seconds are left of the alarm, and its interval."""
    run = context.current()
    if run is None:
        return _getitimer(which)
    state = signals_of(run)
    if state.due is None:
        return (0.0, 0.0)
    return (max(0.0, state.due - _clock.monotonic()), state.interval)


def pause() -> None:
    """Wait until a signal has been handled."""
    run = context.current()
    if run is None:
        _pause()
        return
    signals_of(run).pausing.append(run.strand)
    run.park()


def prepare(run: Run) -> None:
    """Let `run` take signals."""
    run.signal_handler = lambda name, value: _arrived(run, name)
    _sigmask.masks_of(run).handle = lambda number: _send(run, number)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    for function in (*_FUNCTIONS, *_sigmask.FUNCTIONS):
        setattr(module, function.__name__, function)
    thread: Any = _thread
    thread.interrupt_main = interrupt_main


_FUNCTIONS = (
    signal,
    getsignal,
    raise_signal,
    alarm,
    setitimer,
    getitimer,
    pause,
    pthread_kill,
    pidfd_send_signal,
    siginterrupt,
)
