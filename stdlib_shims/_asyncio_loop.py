"""The event loop of a strand: asyncio's own, with the waits of a run.

Callbacks run first come first served, the clock and the timers are the run's: the same events give the same order of
callbacks on every replay. A wait suspends the strand; an effect in a coroutine is a step, which blocks the loop as it
does in plain Python.
"""

from __future__ import annotations

import asyncio
import heapq
import inspect
import logging
import signal
import time
from asyncio import base_events
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.core.messages import Event, StartTimer
from durable.runner.core.scheduler import Stopped, Strand
from durable.runner.run import Run
from durable.stdlib_shims import time as _clock
from durable.stdlib_shims._asyncio_tasks import ENDING, Future, OrderedWeakSet, Task
from durable.stdlib_shims._asyncio_transports import Selector, Transports

_format_handle: Any = base_events._format_handle  # type: ignore[attr-defined]
logger = logging.getLogger("asyncio")
_LONGEST_WAIT = 86_400.0
"""Seconds for which the loop sleeps at most, as the real one does."""
_RESOLUTION = 0.001
"""Seconds; timers this close to each other fire together, as epoll's do."""
_SPREAD = 0.02
"""Seconds. Timers set in one pass for one delay fire together, at the last one's moment, if they are no further apart:
plain Python sets them within microseconds, here the journal's work lies between them."""
_BUSY = 16
"""Passes without a wait after which a loop with timers looks at the clock."""
_MOMENT = 0.0001
"""Seconds for which it then does."""
_VERY_BUSY = 256
"""Passes without a wait after which a loop lets others go on."""


class EventLoop(Transports):
    """An event loop of a run. What it does not do yet raises a clear error."""

    def __init__(self) -> None:
        run = context.current()
        assert run is not None
        self._run: Run = run
        super().__init__(Selector(run, self._write_to_self))
        self.tasks_made = OrderedWeakSet()
        self._asyncgens = OrderedWeakSet()
        self._signal_handlers: dict[int, asyncio.Handle] = {}
        self._current_handle: asyncio.Handle | None = None
        self._parked: Strand | None = None
        self._armed: tuple[int, float] | None = None
        self._checked = -1
        self._moment: float | None = None
        self._passes = 0
        self._first_alike: dict[float, float] = {}
        self._last_alike: dict[float, float] = {}
        run.local("asyncio.loops", OrderedWeakSet).add(self)

    # Tasks

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future attached to this loop."""
        return Future(loop=self)

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None) -> Any:
        """Schedule a coroutine and return its task."""
        if self._task_factory is None:
            self._check_closed()
            task: Any = Task(coro, loop=self, name=self._next_name() if name is None else name, context=context)
        else:
            task = super().create_task(coro, name=name, context=context)
        self.tasks_made.add(task)
        return task

    def _next_name(self) -> str:
        count = self._run.local("asyncio.names", lambda: [0])
        count[0] += 1
        return f"Task-{count[0]}"

    def call_exception_handler(self, context_: dict[str, Any]) -> None:
        """Tell of an error that nobody took, unless it is of a run that was dropped."""
        if context.current() is self._run and not self._run.scheduler.stopped:
            super().call_exception_handler(context_)

    # Running

    def run_forever(self) -> None:
        """Run until `stop` is called."""
        if context.current() is not self._run:
            raise RuntimeError("this event loop belongs to a durable run and cannot run outside of it")
        if self._run.scheduler.stopped:
            raise Stopped
        super().run_forever()

    def close(self) -> None:
        """Close the event loop; it must not be running."""
        if self.is_running():
            raise RuntimeError("Cannot close a running event loop")
        for number in list(self._signal_handlers):
            self.remove_signal_handler(number)
        self._disarm()
        super().close()

    def drop(self) -> None:
        """Let go of the tasks of a run that was dropped, without the warnings for what did not come to its end."""
        for task in self.tasks_made:
            task._log_destroy_pending = False
            coroutine = task.get_coro()
            if inspect.iscoroutine(coroutine) and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                coroutine.close()

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        """Have a generator that nobody holds any more closed, unless its run was dropped."""
        if not self._run.scheduler.stopped:
            super()._asyncgen_finalizer_hook(agen)

    def __del__(self) -> None:
        if context.current() is self._run and not self._run.scheduler.stopped:
            super().__del__()

    def _run_once(self) -> None:
        """Run what is ready; wait for it if nothing is."""
        self._drop_cancelled()
        self.take_sockets()
        if self._ready or self._stopping:
            self._pass_by()
        else:
            self._wait()
        self._first_alike.clear()
        for _ in range(len(self._ready)):
            handle = self._ready.popleft()
            if not handle._cancelled:
                self._call(handle)

    def _call(self, handle: Any) -> None:
        task = getattr(handle._callback, "__self__", None)
        if self._debug:
            self._call_timed(handle)
        else:
            handle._run()
        if type(task) is Task and isinstance(task._exception, ENDING):
            raise task._exception
        if self._run.scheduler.stopped:
            raise Stopped

    def _call_timed(self, handle: asyncio.Handle) -> None:
        self._current_handle = handle
        try:
            before = self.time()
            handle._run()
            took = self.time() - before
            if took >= self.slow_callback_duration:
                logger.warning("Executing %s took %.3f seconds", _format_handle(handle), took)
        finally:
            self._current_handle = None

    # Waiting

    def _pass_by(self) -> None:
        """Do, without a wait, what a look at the clock and at the others would do in plain Python."""
        self._passes += 1
        scheduler = self._run.scheduler
        if self._passes % _VERY_BUSY == 0 and not scheduler.is_alone:
            self._run.park(_MOMENT)
        if self._scheduled and (scheduler.turn != self._checked or self._passes % _BUSY == 0):
            self._take_due()

    def _wait(self) -> None:
        """Suspend the strand until something is ready."""
        scheduler = self._run.scheduler
        if self._scheduled and scheduler.turn != self._checked:
            self._take_due()
        self._passes = 0
        while not self._ready:
            self._selector.watch()
            self._arm()
            self._parked = scheduler.current
            try:
                scheduler.block()
            except KeyboardInterrupt:
                self._interrupted()
            finally:
                self._parked = None
            self.take_sockets()
            if self._scheduled:
                self._take_due(self._moment)
            self._moment = None

    def _write_to_self(self) -> None:
        """Wake the loop."""
        strand = self._parked
        if strand is None or not strand.resume[0]:
            return
        if context.current() not in (self._run, None) or self._run.scheduler.stopped:
            return
        self._parked = None
        self._run.scheduler.wake(strand)

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        """Have `callback` called soon; for other strands."""
        self._check_inside()
        return super().call_soon_threadsafe(callback, *args, context=context)

    def _check_inside(self) -> None:
        if context.current() is not self._run:
            raise RuntimeError("the event loop of a durable run cannot be called from outside of it, nor from a step")

    def _interrupted(self) -> None:
        """Do what Ctrl-C does to a waiting loop: call the program's handler."""
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            handler(signal.SIGINT, None)

    # Time

    def time(self) -> float:
        """Return the loop's clock: seconds, as `time.monotonic()`."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        """Have `callback` called `delay` seconds from now."""
        handle = super().call_later(delay, callback, *args, context=context)
        if handle._source_traceback:
            del handle._source_traceback[-1]
        when = handle._when
        first = self._first_alike.setdefault(delay, when)
        if when - first > _SPREAD:
            self._first_alike[delay] = when
        elif when > first:
            self._last_alike[first] = when
        return handle

    def _take_due(self, moment: float | None = None) -> None:
        """Make ready what is due by the clock, or at the `moment` of the timer that fired.

        A timer may fire late, after a crash by days: what is due after it comes after it all the same.
        """
        self._checked = self._run.scheduler.turn
        now = self.time() if moment is None else moment + _RESOLUTION
        while self._scheduled and self._scheduled[0]._when <= now:
            handle = self._next_scheduled()
            if not handle._cancelled:
                self._ready.append(handle)
        self._drop_cancelled()

    def _drop_cancelled(self) -> None:
        while self._scheduled and self._scheduled[0]._cancelled:
            self._next_scheduled()

    def _next_scheduled(self) -> Any:
        """Take the handle that is due first off the schedule."""
        handle = heapq.heappop(self._scheduled)
        handle._scheduled = False
        self._last_alike.pop(handle._when, None)
        return handle

    def _arm(self) -> None:
        """Have one timer open, which fires no later than the first scheduled call is due."""
        if not self._scheduled:
            self._disarm()
            return
        first: float = self._scheduled[0]._when
        due = self._last_alike.get(first, first)
        if self._armed is not None:
            if self._armed[1] <= due:
                return
            self._disarm()
        now = self._last_time()
        due = min(due, now + _LONGEST_WAIT)
        seq = self._run.scheduler.take_seq()
        self._armed = seq, due
        self._run.scheduler.post(StartTimer(seq, max(0.0, due - now)), self._fired)

    def _last_time(self) -> float:
        """Return the clock as it was read last, in this turn of the run if it can be."""
        if self._checked != self._run.scheduler.turn:
            self._checked = self._run.scheduler.turn
            return self.time()
        return _clock.last_monotonic(self._run)

    def _disarm(self) -> None:
        armed, self._armed = self._armed, None
        if armed is not None:
            self._run.scheduler.withdraw(armed[0])

    def _fired(self, event: Event) -> None:
        """Take the timer's event; the clock of the run is no earlier than the timer's moment from now on."""
        armed, self._armed = self._armed, None
        if armed is not None:
            _clock.advance_monotonic(self._run, armed[1])
            self._moment = armed[1]
        self._write_to_self()

    # Signals

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:
        """Have `callback` called in the loop for each signal `sig`."""
        if asyncio.iscoroutine(callback) or asyncio.iscoroutinefunction(callback):
            raise TypeError("coroutines cannot be used with add_signal_handler()")
        _check_signal(sig)
        self._check_closed()
        self._signal_handlers[sig] = asyncio.Handle(callback, args, self, None)
        try:
            signal.signal(sig, self._signalled)
        except OSError:
            del self._signal_handlers[sig]
            raise RuntimeError(f"sig {sig} cannot be caught") from None

    def _signalled(self, number: int, frame: Any) -> None:
        handle = self._signal_handlers.get(number)
        if handle is not None:
            self._add_callback_signalsafe(handle)

    def remove_signal_handler(self, sig: int) -> bool:
        """Remove the handler for `sig`; return whether there was one."""
        _check_signal(sig)
        if self._signal_handlers.pop(sig, None) is None:
            return False
        signal.signal(sig, signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL)
        return True


EventLoop.__name__ = EventLoop.__qualname__ = "_UnixSelectorEventLoop"  # as its repr says


def drop_loops(run: Run) -> None:
    """Let go of the loops of `run`, which is dropped."""
    for loop in run.local("asyncio.loops", OrderedWeakSet):
        loop.drop()


def _check_signal(sig: int) -> None:
    if not isinstance(sig, int):
        raise TypeError(f"sig must be an int, not {sig!r}")
    if sig not in signal.valid_signals():
        raise ValueError(f"invalid signal number {sig}")
