"""The I/O-free core of a run: strands in, requests out, events in.

`Scheduler.advance(event)` gives the event to the strand that waits for it, runs strands one at a time, first come first
served, until all are blocked, and returns the requests they made in that time, in order. It reads no clock, file or
thread, so the same events always give the same requests: replay is feeding recorded events.

A strand is a greenlet: ordinary synchronous code can be suspended deep inside a library's callback, and no function has
to change its colour for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any, NoReturn

from greenlet import GreenletExit, getcurrent, greenlet

from durable.runner.core.messages import (
    AskPrompt,
    Cancelled,
    Event,
    Perform,
    Request,
    Signalled,
    StartTimer,
    Withdraw,
    site_of,
)


class Strand:
    """One line of control of a run. `daemon` strands do not keep the run alive.

    `process` is the child process that it is a thread of, None for the program itself; strands inherit it.
    `is_held`: it does not go on until `release`, though it be ready; then `is_late`.
    """

    __slots__ = (
        *("daemon", "done", "error", "glet", "is_held", "is_late", "joiners", "local", "name", "process"),
        *("resume", "waiting"),
    )

    def __init__(self, name: str, daemon: bool) -> None:
        self.name = name
        self.daemon = daemon
        self.done = False
        self.error: BaseException | None = None
        self.glet: greenlet | None = None
        self.joiners: list[Strand] = []
        self.local: dict[Any, Any] = {}
        self.resume: tuple[bool, Any] = (True, None)
        self.waiting: object = None
        self.process: Any = None
        self.is_held = False
        self.is_late = False

    def __repr__(self) -> str:
        return f"<Strand {self.name}{' done' if self.done else ''}>"


class Stopped(GreenletExit):
    """Raised where nothing may be requested: in a strand whose run is being dropped, and in code that only looks at
    a run. Its text names what was asked for.
    """


class Scheduler:
    """Holds the strands of one run; see the module's text for the invariant."""

    def __init__(self) -> None:
        self.strands: list[Strand] = []
        self.current: Strand | None = None
        self.stopped = False
        self._ready: deque[Strand] = deque()
        self._requests: list[Request] = []
        self._waiters: dict[int, Strand | Callable[[Event], None]] = {}
        self._next_seq = 0
        self._hub: greenlet | None = None
        self.on_signal: Callable[[Signalled], None] = lambda event: None
        self.turn = 0
        self.on_enter: Callable[[Strand], None] | None = None
        self.on_leave: Callable[[Strand], None] | None = None
        self.process: Any = None
        self.on_process: Callable[[Any], None] = lambda process: None

    # From the engine's side

    def advance(self, event: Event | None = None) -> list[Request]:
        """Deliver `event` (None: only run what is ready) and return the requests made until all strands block.

        `turn` counts the calls.
        """
        self.turn += 1
        if event is not None:
            self._deliver(event)
        self._hub = getcurrent()
        ready = self._ready
        while ready:
            strand = ready.popleft()
            if strand.is_held:
                strand.is_late = True
            else:
                self._switch_to(strand)
        self._be(None)
        requests, self._requests = self._requests, []
        return requests

    def stop(self) -> None:
        """Drop the run: every strand is unwound with `Stopped` and may make no further request."""
        self.stopped = True
        self._hub = getcurrent()
        for strand in self.strands:
            if strand.glet is not None and not strand.glet.dead:
                self._be(strand.process)
                strand.glet.parent = self._hub
                if self.on_enter is not None:
                    self.on_enter(strand)
                strand.glet.throw(Stopped)
                if self.on_leave is not None:
                    self.on_leave(strand)
        self._be(None)
        self._ready.clear()
        self._requests.clear()

    def _be(self, process: Any) -> None:
        """Have the memory of `process` in its place."""
        if process is not self.process:
            self.process = process
            self.on_process(process)

    def _deliver(self, event: Event) -> None:
        if isinstance(event, Signalled):
            self.on_signal(event)
        elif isinstance(event, Cancelled):
            self.interrupt(self.strands[0], KeyboardInterrupt())
        else:
            waiter = self._waiters.pop(event.seq, None)
            if isinstance(waiter, Strand):
                self.wake(waiter, event)
            elif waiter is not None:
                waiter(event)

    def _switch_to(self, strand: Strand) -> None:
        if strand.process is not self.process:
            self._be(strand.process)
        self.current = strand
        strand.waiting = None
        glet = strand.glet
        assert glet is not None
        assert self._hub is not None
        glet.parent = self._hub  # a strand that ends goes on there, not in the strand that spawned it
        if self.on_enter is not None:
            self.on_enter(strand)
        glet.switch()
        if self.on_leave is not None:
            self.on_leave(strand)
        self.current = None

    # From a strand's side

    def spawn(self, target: Callable[[], Any], name: str, daemon: bool = False) -> Strand:
        """Make a strand which will run `target()`; it starts when the strands before it in the queue have run."""
        strand = Strand(name, daemon)
        strand.process = self.process

        def body() -> None:
            try:
                target()
            except Stopped:
                pass
            except BaseException as error:
                strand.error = error
            finally:
                strand.done = True
                for joiner in strand.joiners:
                    self.wake(joiner)

        strand.glet = greenlet(body)
        strand.glet.gr_context = Context()
        self.strands.append(strand)
        self._ready.append(strand)
        return strand

    @property
    def is_alone(self) -> bool:
        """Say whether nothing can happen unless the current strand goes on: nothing is awaited, no other is ready."""
        return not self._waiters and not self._ready

    @property
    def next_seq(self) -> int:
        """The number of the next request: unchanged as long as the run asks for nothing."""
        return self._next_seq

    def take_seq(self) -> int:
        """Return the next sequence number."""
        seq = self._next_seq
        self._next_seq = seq + 1
        return seq

    def request(self, request: Perform | AskPrompt | StartTimer) -> Event:
        """Make `request` and suspend the current strand until its event comes; return the event."""
        strand = self.current
        if strand is None or self.stopped:
            raise Stopped(_what(request))
        self._waiters[request.seq] = strand
        self._requests.append(request)
        strand.waiting = request
        event: Event = self.block()
        return event

    def post(self, request: StartTimer | Perform, then: Callable[[Event], None]) -> None:
        """Make `request` without waiting; `then` is called with its event."""
        self._waiters[request.seq] = then
        self._requests.append(request)

    def withdraw(self, seq: int) -> None:
        """Say that the answer to `seq` is not wanted any more; an answer that comes all the same is dropped."""
        if self._waiters.pop(seq, None) is not None:
            self._requests.append(Withdraw(seq))

    def is_open(self, seq: int) -> bool:
        """Say whether somebody still waits for the answer to `seq`."""
        return seq in self._waiters

    def is_ready(self, strand: Strand) -> bool:
        """Say whether `strand` has something to go on with."""
        return strand in self._ready or strand.is_late

    def block(self) -> Any:
        """Suspend the current strand until `wake` or `interrupt`; return the value or raise the error given there."""
        strand = self.current
        hub = self._hub
        if self.stopped or strand is None or hub is None:
            raise Stopped
        hub.switch()
        if self.stopped:
            raise Stopped
        ok, value = strand.resume
        strand.resume = (True, None)
        if ok:
            return value
        raise value

    def wake(self, strand: Strand, value: Any = None) -> None:
        """Make `strand`, which is blocked, ready to go on with `value`."""
        if strand.done:
            return
        strand.resume = (True, value)
        self._ready.append(strand)

    def release(self, strand: Strand) -> None:
        """Let `strand`, which was held, go on when it is ready."""
        strand.is_held = False
        if strand.is_late and not strand.done:
            self._ready.append(strand)
        strand.is_late = False

    def hurry(self, strand: Strand) -> None:
        """Let `strand`, which is ready, be the next to run."""
        self._ready.remove(strand)
        self._ready.appendleft(strand)

    def kill(self, strand: Strand) -> None:
        """Never let `strand` go on: it is over where it stands, and nothing in it is unwound."""
        if strand.done:
            return
        strand.done = True
        strand.resume = (False, Stopped())
        if isinstance(strand.waiting, Perform | AskPrompt | StartTimer):
            self.withdraw(strand.waiting.seq)
        seq = strand.local.pop("park", None)
        if seq is not None:
            self.withdraw(seq)
        if strand in self._ready:
            self._ready.remove(strand)
        for joiner in strand.joiners:
            self.wake(joiner)

    def leave(self) -> NoReturn:
        """Do not come back to the current strand, which was killed."""
        assert self._hub is not None
        while not self.stopped:
            self._hub.switch()
        raise Stopped

    def interrupt(self, strand: Strand, error: BaseException) -> None:
        """Raise `error` in `strand` at the point where it is blocked; what it waited for is forgotten."""
        if strand.done:
            return
        waiting = strand.waiting
        if isinstance(waiting, Perform | AskPrompt | StartTimer):
            self.withdraw(waiting.seq)
        strand.resume = (False, error)
        if strand not in self._ready and not strand.is_late:
            self._ready.append(strand)

    def join(self, strand: Strand) -> None:
        """Suspend the current strand until `strand` has ended."""
        if not strand.done:
            assert self.current is not None
            strand.joiners.append(self.current)
            self.block()


def _what(request: Perform | AskPrompt | StartTimer) -> str:
    site = site_of(request)
    return site.callee if site is not None else type(request).__name__
