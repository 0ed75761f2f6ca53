"""A run: a program bound to its scheduler, codec and resources; what shims and generated code talk to.

A run is driven by an engine through `start` and `advance`, which return requests; it never touches disk or network
itself. What it needs at once and without a request (time, chance, output) it asks of its `Host`.
"""

from __future__ import annotations

import hashlib
import random
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from durable.runner import attempts, context, said
from durable.runner.cells import Cells
from durable.runner.codec import Decoder, Encoder, Namespace
from durable.runner.core.call import Call, Probe, Site
from durable.runner.core.messages import AskPrompt, Event, Perform, Request, Returned, Signalled, StartTimer
from durable.runner.core.scheduler import Scheduler, Stopped, Strand
from durable.runner.errors import EffectOutsideStep, StopRun, UnsafeRecord
from durable.runner.hosts import Host, Memories, NoHost
from durable.runner.resources import Resources
from durable.runner.sites import Sites
from durable.runner.spec import Outcome, RunSpec
from durable.runner.touched import reached_by

if TYPE_CHECKING:
    from durable.runner.attempts import Attempts
    from durable.runner.codec.blobs import Blobs
    from durable.runner.program.loader import Modules
    from durable.runner.steps import Step

T = TypeVar("T")


class Run:
    """One execution of a program. `start` and `advance` are the engine's side; the rest is for shims and
    generated code.
    """

    def __init__(
        self, spec: RunSpec, host: Host, sites: Sites, modules: Modules | None = None, blobs: Blobs | None = None
    ) -> None:
        self.spec = spec
        self.modules = modules
        self.host: Host = host
        self.sites = sites
        self.scheduler = Scheduler()
        self.namespace = Namespace(modules.loaded if modules is not None else {})
        self.resources = Resources(self)
        self.encoder = Encoder(self.namespace, self.resources.handle, blobs, self._reached)
        self.decoder = Decoder(self.namespace, self.resources.proxy, blobs, self._reached)
        self.random = random.Random(f"{spec.seed}:random")
        self.outcome: Outcome | None = None
        self.violation: EffectOutsideStep | None = None
        self.unreadable: UnsafeRecord | None = None
        self.learned: dict[tuple[str, int, int], int] = {}
        self.wrapped: dict[tuple[types.CodeType, int], Step] = {}
        self.cells: Cells = Cells()
        self.signal_handler: Callable[[str, Any], None] = lambda name, value: None
        self.on_stop: list[Callable[[], None]] = []
        self.memories: Memories | None = None
        self.stays_within: Callable[[Any, tuple[Any, ...], Mapping[str, Any]], bool] = lambda fn, args, kwargs: False
        self.probe_of: Callable[[tuple[Any, ...]], Probe | None] = lambda roots: None
        self._locals: dict[str, Any] = {}
        self._raised: dict[str, tuple[int, BaseException]] = {}
        self._entropy = 0
        self.is_entered = False
        self.scheduler.on_signal = self._signalled

    # The engine's side

    def start(self, main: Callable[[], Outcome]) -> list[Request]:
        """Begin: `main` runs the program as the first strand; return the first requests."""

        def body() -> None:
            self.outcome = main()

        strand = self.scheduler.spawn(body, "MainThread")
        strand.local["main"] = True
        return self.advance(None)

    def advance(self, event: Event | None) -> list[Request]:
        """Give the run an event (None: it begins) and return the requests that it made until all its strands block."""
        if not self.is_entered:
            with self.entered():
                return self.advance(event)
        before = context.enter(self)
        try:
            if self.memories is None:
                requests = self.scheduler.advance(event)
            else:
                with self.memories.executing():
                    requests = self.scheduler.advance(event)
        finally:
            context.enter(before)
        main = self.scheduler.strands[0]
        if main.done and main.error is not None:
            raise main.error
        return requests

    @property
    def is_finished(self) -> bool:
        return self.scheduler.strands[0].done

    def end_now(self, outcome: Outcome) -> NoReturn:
        """End in the middle of a strand: nothing is unwound, what is in the buffers is lost."""
        self.outcome = outcome
        self.host = NoHost(self.host.activation)
        for strand in self.scheduler.strands:
            self.scheduler.kill(strand)
        self.scheduler.leave()

    def violated(self, caught: EffectOutsideStep) -> EffectOutsideStep:
        """Note an effect outside a step, and return it; what the strands do until the run is dropped goes nowhere."""
        self.violation = caught
        self.host = NoHost(self.host.activation)
        return caught

    def stop(self) -> None:
        """Drop the run without letting it do anything more."""
        self.host = NoHost(self.host.activation)
        with self.entered():
            before = context.enter(self)
            try:
                self.scheduler.stop()
            finally:
                context.enter(before)
        for end in self.on_stop:
            end()
        self.resources.live.clear()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Inside the block this process is the run's: its streams, its modules. Many activations may share one
        block.
        """
        self.cells.enter()
        if self.modules is not None:
            self.modules.enter()
        self.is_entered = True
        try:
            yield
        finally:
            self.is_entered = False
            if self.modules is not None:
                self.modules.leave()
            self.cells.leave()

    def _signalled(self, event: Signalled) -> None:
        self.signal_handler(event.name, self.decoder.value(event.record))

    # Steps

    def step(
        self,
        fn: Callable[..., T],
        *args: Any,
        effect: str,
        callee: str,
        probe: Probe | None = None,
        roots: tuple[Any, ...] = (),
        **kwargs: Any,
    ) -> T:
        """Perform `fn(*args, **kwargs)` as a step and return its recorded result, or raise its recorded exception.

        `effect` is "read", "write" or "open"; `callee` is the public name shown to people
        ("sqlite3.Connection.commit").
        """
        site = self.take_site(callee, effect)
        return self.perform(Call(fn, args, kwargs, effect, site, roots, probe))  # type: ignore[no-any-return]

    def perform(self, call: Call) -> Any:
        """Perform `call`; the value is the decoded record, live as on replay (promise 1)."""
        policy = call.site.policy
        if policy.is_guarding and not self._is_attempting(call.site):
            return attempts.attempted(self, call.site, lambda: self._perform(replace(call)))
        return self._perform(call)

    def _perform(self, call: Call) -> Any:
        return self.outcome_of(call, self.scheduler.request(self._asked(call)))

    def _is_attempting(self, site: Site) -> bool:
        """Say whether the strand makes an attempt at `site` already, of which this step is a part."""
        making = attempts.current(self)
        return making is not None and making.site is site

    def within(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> T:
        """Call `fn`, which speaks to the run's own servers, in the strand: what it says there is no step."""
        local = self.strand.local
        before = local.get("within", False)
        local["within"] = True
        try:
            return fn(*args, **kwargs)
        finally:
            local["within"] = before

    def post(self, call: Call, then: Callable[[Event], None], within: Attempts | None = None) -> None:
        """Have `call` performed without waiting for it; `then` is called with the event, outside of any strand."""
        self.scheduler.post(self._asked(call, is_posted=True, within=within), then)

    def _asked(self, call: Call, is_posted: bool = False, within: Attempts | None = None) -> Perform:
        """Number `call` as the next request of the current strand, made in the attempt `within` (None: the strand's).

        If code of the program can run before its answer comes, its roots are looked at now: what is then part 3 of
        root 0 is so live and on replay, whatever that code does to them.
        """
        scheduler = self.scheduler
        strand = scheduler.current
        if strand is None or scheduler.stopped:
            raise Stopped(call.site.callee)
        call.seq = call.first = scheduler.take_seq()
        making = attempts.current(self) if within is None else within
        if making is not None:
            making.admit(call)
        call.extra = {}
        call.key = self.spec.key_of(call.first)
        call.strand = strand.name
        call.process = strand.process
        if call.roots and call.probe is None and call.effect != "read":
            call.probe = self.probe_of(call.roots)
        if call.roots and (is_posted or len(scheduler.strands) > 1):
            call.extra["before"] = context.unrecorded(self.encoder.snapshot, call.roots)
        return Perform(call.seq, call)

    def outcome_of(self, call: Call, event: Event, line: str = "") -> Any:
        """Return the result, or raise the exception, that `event` records of `call`.

        `line` names the line of control that gets it if there are several in its strand.
        """
        if '"$":"resource"' in event.record:  # type: ignore[union-attr]
            self.resources.opened_by(call.seq, call)
        record = said.deliver(self, event.record)  # type: ignore[union-attr]
        try:
            value = self.decoder.value(record, call.roots, call.extra.pop("before", None), "is_live" in call.extra)
        except UnsafeRecord as error:  # no exception of the program: it cannot catch it
            self.unreadable = UnsafeRecord(f"{call.site.file}:{call.site.line}: {error} (step {call.seq})")
            raise StopRun(str(self.unreadable)) from error
        if type(event) is Returned:
            if call.told is not None:
                call.told(record)
            return value
        self._raised[f"{call.strand}{line}"] = (call.first, value)
        raise value

    def _reached(self, code: list[Any], known: Sequence[Any]) -> Sequence[Any]:
        return () if self.modules is None else reached_by(code, self.modules.loaded, known)

    def step_that_raised(self, error: BaseException) -> int | None:
        """Return the sequence number of the step whose exception `error` is, or was raised because of."""
        chain: list[BaseException] = []
        link: BaseException | None = error
        while link is not None and link not in chain:
            chain.append(link)
            link = link.__cause__ or link.__context__
        found = [seq for seq, raised in self._raised.values() if any(raised is one for one in chain)]
        return max(found, default=None)

    def take_site(self, callee: str, effect: str) -> Site:
        """Return the place of the step about to be made: the one named by generated code, else where the program is."""
        strand = self.scheduler.current
        if strand is not None:
            hint = strand.local.pop("site", None)
            if hint is not None:
                return hint  # type: ignore[no-any-return]
        return self.sites.dynamic(sys._getframe(1), callee, effect)

    # Waits

    def sleep(self, seconds: float) -> None:
        """Suspend the current strand for `seconds`: a timer which does not start over after a crash."""
        place = self.waiting_site("time.sleep")
        self.scheduler.request(StartTimer(self.scheduler.take_seq(), max(0.0, float(seconds)), place))

    def prompt(self, kind: str, text: str) -> str:
        """Ask for one line ("line", "secret") and return it with its newline; "" at the end of the input."""
        event = self.scheduler.request(AskPrompt(self.scheduler.take_seq(), kind, text, self.waiting_site("input")))
        answer: str = self.decoder.value(event.record)  # type: ignore[union-attr]
        return answer

    def waiting_site(self, what: str) -> Site:
        """Return where the program waits now, for people who look at the run."""
        return self.sites.dynamic(sys._getframe(2), what, "wait")

    def spawn(self, target: Callable[[], Any], name: str, daemon: bool = False) -> Strand:
        """Start a strand that runs `target()`."""
        return self.scheduler.spawn(target, name, daemon)

    @property
    def strand(self) -> Strand:
        """The strand that executes now."""
        strand = self.scheduler.current
        assert strand is not None
        return strand

    def park(self, timeout: float | None = None) -> bool:
        """Suspend the current strand until `unpark`; return False if `timeout` (seconds) went by first."""
        scheduler, strand = self.scheduler, self.strand
        if timeout is None:
            scheduler.block()
            return True
        seq = scheduler.take_seq()
        timer = StartTimer(seq, max(0.0, float(timeout)), self.waiting_site("time-out"))
        scheduler.post(timer, lambda event: scheduler.wake(strand, _TIMED_OUT))
        strand.local["park"] = seq
        try:
            return scheduler.block() is not _TIMED_OUT
        finally:
            strand.local.pop("park", None)
            scheduler.withdraw(seq)

    def unpark(self, strand: Strand) -> None:
        """Let a parked strand go on. Call it once for each `park`, only while the strand is parked."""
        seq = strand.local.pop("park", None)
        if seq is not None:
            self.scheduler.withdraw(seq)
        self.scheduler.wake(strand)

    # Time and chance

    def ambient(self, kind: str, produce: Callable[[], T]) -> T:
        """Return a value of the moment (JSON), the same on every replay."""
        before = context.enter(None)
        try:
            return self.host.ambient(kind, produce)  # type: ignore[no-any-return]
        finally:
            context.enter(before)

    def entropy(self, size: int, purpose: str = "") -> bytes:
        """Return `size` bytes which look random and are the same on every replay.

        Those of a `purpose` are the same however much was drawn before: a shim is set up when the program imports its
        module, or at the start of the run in a process that has imported it already.
        """
        if not purpose:
            self._entropy += 1
            purpose = f"entropy:{self._entropy}"
        return hashlib.shake_256(f"{self.spec.seed}:{purpose}".encode()).digest(size)

    def local(self, key: str, make: Callable[[], T]) -> T:
        """Return this run's own value of `key` (state that a shim module would keep in a global)."""
        table = self._locals if self.memories is None else self.memories.table_of(key, self._locals)
        if key not in table:
            table[key] = make()
        return table[key]  # type: ignore[no-any-return]


_TIMED_OUT = object()
