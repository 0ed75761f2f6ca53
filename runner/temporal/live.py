"""A run as it lives in this process: its program, fed with recorded events, apart from the workflow that feeds it.

A workflow object of the SDK comes and goes (eviction, a lost workflow task); the `LiveRun` stays and keeps the log of
what it was fed. A new workflow object that replays the same events is given the answers from the log, so nothing is
computed twice, live resources stay, and a program that computes for long makes headway whatever the server's time-outs.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from durable.runner import context
from durable.runner.core.call import Call
from durable.runner.core.messages import Answered, AskPrompt, Cancelled, Perform, Request, Returned, Signalled, Withdraw
from durable.runner.errors import DurableError, Misfit
from durable.runner.run import Run
from durable.runner.spec import Outcome, RunSpec
from durable.runner.temporal import place
from durable.runner.temporal.carrying import Carried, Fed
from durable.runner.temporal.clock import Clock
from durable.runner.temporal.home import HOME
from durable.runner.temporal.storage import storage
from durable.runner.temporal.written import Output

if TYPE_CHECKING:
    from durable.transpiler.ir.bundle import Bundle


class Watcher(Protocol):
    """Somebody in this process who shows a run to its user."""

    def emitted(self, fd: int, start: int, data: bytes) -> None:
        """Output for `fd` which begins at byte `start` of all that the run writes there."""

    def asked(self, request: AskPrompt) -> None:
        """The run asks for input now."""

    def answered(self, seq: int, text: str, source: str) -> None:
        """Prompt `seq` was answered, now or in the part of the run that is being replayed."""


class Diverged(Exception):
    """A replayed event is not the one that this live run was fed."""


@dataclass(frozen=True)
class Origin:
    """What a live run is made from."""

    spec: RunSpec
    bundle: Bundle
    started: int


class LiveRun:
    """One run in this process. `advance` may be called from any thread; the program runs on the home thread.

    `carried` is the journal of the executions before this one; of this one's the log is held here.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = self.began = origin
        self.carried = Carried(origin.started)
        self.moved: Carried | None = None
        self.output = Output()
        self.activation = 0
        self.is_past = False
        self.open: dict[int, Request] = {}
        self.calls: dict[int, tuple[Run, Call]] = {}
        self.answered: dict[int, Fed] = {}
        self.outcome: Outcome | None = None
        self.steps = 0
        self.writes: dict[int, tuple[str, str]] = {}
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="durable-step")
        self.busy = 0
        self.fed_at = time.monotonic()
        self._run: Run | None = None
        self._due = 0
        self._log: list[Fed] = []
        self._begun: Future[dict[int, Request]] | None = None
        self._answers: list[Future[list[Request]]] = []
        self._callees: dict[tuple[str, str], tuple[str, str]] = {}
        self._clock = Clock(origin.started)
        self._pause = -1

    # Host: what the run asks for without an event

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        """Return a value of the moment: time from the run's clock, anything else from a recorded step."""
        run = self.run
        if not kind.startswith(("time.", "clock_gettime", "datetime.")):
            call = Call(produce, (), {}, "read", run.sites.dynamic(sys._getframe(1), kind, "read"))
            return _within(run, lambda: run.perform(call))
        pause = self._clock.wanted_pause()
        if pause is not None:
            self._pause = run.scheduler._next_seq
            _within(run, lambda: run.sleep(pause))
        now = self._clock.read()
        return now / 1e9 if kind == "time.time" else now

    def emit(self, fd: int, data: bytes) -> None:
        start = self.output.add(fd, data)
        watcher = WATCHERS.get(self.origin.spec.id)
        if watcher is not None:
            watcher.emitted(fd, start, data)

    # The workflow's side

    @property
    def run(self) -> Run:
        assert self._run is not None
        return self._run

    def come_to(self, carried: Carried) -> Future[dict[int, Request]]:
        """Bring the run to where `carried` ends; return what is open there. Raise Diverged if it is elsewhere."""
        if self._begun is None:
            self.carried = carried
            self._begun = HOME.submit(lambda: self._load(carried))
        elif self.moved is not None and carried.is_journal_of(self.moved):
            self.carried, self.moved = carried, None
            self._log.clear()
            self._answers.clear()
            self.answered.clear()
            self._begun = HOME.submit(lambda: dict(self.open))
        elif not carried.is_journal_of(self.carried):
            raise Diverged
        return self._begun

    def advance(self, position: int, fed: Fed) -> Future[list[Request]]:
        """Feed the event at `position` of the log (from 0); return what the run then asks for. Raise Diverged."""
        if position < len(self._log):
            if self._log[position] != fed:
                raise Diverged
            return self._answers[position]
        assert position == len(self._log)
        self.fed_at = time.monotonic()
        self._log.append(fed)
        answer = HOME.submit(lambda: self._work(fed))
        self._answers.append(answer)
        return answer

    def answer(self, position: int) -> Future[Any]:
        """Return the answer to the event at `position` (-1: to what was carried), which may still be in the making."""
        assert self._begun is not None
        return self._answers[position] if position >= 0 else self._begun

    def log(self) -> Iterator[Fed]:
        """Yield the events that the run was fed. Raise StorageError."""
        yield from self.carried.events(storage().get)
        yield from self._log

    def events(self, start: int, end: int) -> tuple[Fed, ...]:
        """Return the events from `start` to `end` of the whole journal; `start` is none that is kept outside."""
        kept, tail = self.carried.kept, self.carried.tail
        return (*tail[start - kept : end - kept], *self._log[max(0, start - kept - len(tail)) : end - kept - len(tail)])

    def redone(self, kept: int) -> list[str]:
        """Return the writes that a retry after `kept` events does again though they were completed.

        They are other strands' than the failed one's, which went on beside it.
        """
        rest = [fed.event for fed in itertools.islice(self.log(), kept, None)]
        failed = self.writes.get(getattr(rest[0], "seq", -1), ("", ""))[0] if rest else ""
        done = [event.seq for event in rest if isinstance(event, Returned) and event.seq in self.writes]
        return [f"{seq} ({self.writes[seq][1]})" for seq in done if self.writes[seq][0] != failed]

    def fork(self, position: int) -> LiveRun:
        """Return a new live run that was fed what this one was before `position`; this one is dropped."""
        fresh = LiveRun(self.origin)
        fresh.come_to(self.carried)
        for index, fed in enumerate(self._log[:position]):
            fresh.advance(index, fed)
        self.stop()
        return fresh

    def place_of(self, request: Request) -> tuple[str, int]:
        """Return file and line where the strand stands that waits for `request`."""
        if self._run is None:
            return "", 0
        for strand in self._run.scheduler.strands:
            frame = strand.glet.gr_frame if strand.waiting is request and strand.glet is not None else None
            while frame is not None:
                if frame.f_code.co_filename in self._run.sites.files:
                    return frame.f_code.co_filename, frame.f_lineno
                frame = frame.f_back
        return "", 0

    def stop(self) -> None:
        """Drop the program; recorded output stays readable."""
        run, self._run = self._run, None
        self.calls.clear()
        self.thread.shutdown(wait=False)
        if run is not None:
            HOME.submit(run.stop)

    # The home thread's side

    def _load(self, carried: Carried) -> dict[int, Request]:
        """Start the program and feed it what was carried; return what is open then."""
        place.enter(self.origin.spec.cwd)
        self._build()
        self._settle()
        watcher = WATCHERS.get(self.origin.spec.id)
        for fed in carried.events(storage().get):
            if not isinstance(fed.event, Signalled | Cancelled) and getattr(fed.event, "seq", -1) not in self.open:
                raise Misfit("the run's journal does not fit its code")
            if isinstance(fed.event, Answered) and watcher is not None:
                watcher.answered(fed.event.seq, json.loads(fed.event.record), fed.source)
            self._due += 1
            self._feed(fed)
            self._settle()
        self.answered.clear()
        return dict(self.open)

    def _work(self, fed: Fed) -> list[Request]:
        place.enter(self.origin.spec.cwd)
        self._due += 1
        return self._settle(self._feed(fed))

    def _settle(self, requests: list[Request] | None = None) -> list[Request]:
        """Learn what the guard has caught; return what the run asks for now."""
        while self.run.violation is not None:
            requests = self._learn()
        self.outcome = self.run.outcome if self.run.is_finished else None
        return requests or []

    def _feed(self, fed: Fed) -> list[Request]:
        event = fed.event
        assert event is not None
        seq = getattr(event, "seq", -1)
        self._clock.set(fed.at, is_pause=seq == self._pause)
        self.activation += 1
        self.calls.pop(seq, None)
        self.open.pop(seq, None)
        if not isinstance(event, Signalled) and seq >= 0:
            self.answered[seq] = fed
        return self._noted(self.run.advance(event))

    def _noted(self, requests: list[Request]) -> list[Request]:
        """Keep what is open, and the live calls that the run wants performed."""
        for request in requests:
            if isinstance(request, Withdraw):
                self.open.pop(request.seq, None)
                continue
            self.open[request.seq] = request
            if isinstance(request, Perform):
                self.steps += 1
                if request.call.effect != "read":
                    callee = (request.call.strand, request.call.site.callee)
                    self.writes[request.seq] = self._callees.setdefault(callee, callee)
                self.calls[request.seq] = (self.run, request.call)
        return requests

    def _build(self) -> list[Request]:
        from durable.runner.local.session import prepare_process, sites_of
        from durable.runner.program import loader
        from durable.runner.program import main as program

        spec, bundle = self.origin.spec, self.origin.bundle
        prepare_process(bundle)
        self._run = run = Run(spec, self, sites_of(bundle), loader.Modules(bundle))
        run.learned = {(file, line, column): since for file, line, column, since in spec.learned}
        program.prepare(run)
        return self._noted(run.start(lambda: program.run_program(run)))

    def _learn(self) -> list[Request]:
        """Make what the guard caught a step and come to the present moment again (promise 9).

        The guard catches it again at the same moment on every replay, so nothing of this needs to be recorded.
        """
        from durable.runner.journal.home import home_of_script
        from durable.runner.local.driver import kept_bundle, relearned

        caught = self.run.violation
        assert caught is not None
        if len(self.origin.spec.learned) > 1000:
            raise DurableError(f"{caught}: too many calls had to be learned as steps")
        home = home_of_script(_path(self.origin.spec)).make()
        spec = relearned(self.origin.spec, home, caught, self.activation)
        self.run.stop()
        self.origin = Origin(spec, kept_bundle(home, spec.bundle), self.origin.started)
        self.output, self.activation, self.steps = Output(), 0, 0
        self.open.clear()
        self._clock = Clock(self.origin.started)
        requests = self._build()
        for fed in itertools.islice(self.log(), self._due):
            requests = self._feed(fed) if self.run.violation is None else requests
        return requests


def _within(run: Run, wait: Callable[[], Any]) -> Any:
    """Call `wait`, which suspends a strand, as the program would: other strands go on meanwhile on this thread."""
    before = context.enter(run)
    try:
        return wait()
    finally:
        context.enter(before)


def _path(spec: RunSpec) -> Any:
    from pathlib import Path

    return Path(spec.path)


WATCHERS: dict[str, Watcher] = {}
"""By run id."""

LISTENERS: list[Callable[[LiveRun], None]] = []
"""Called with each live run that is made in this process."""

_KEPT = 32
_lock = threading.Lock()
_live: dict[str, LiveRun] = {}
_users: Counter[str] = Counter()
_idle: OrderedDict[str, None] = OrderedDict()


def attach(key: str, origin: Origin) -> LiveRun:
    """Return the live run of that key, made if this process has none."""
    with _lock:
        _idle.pop(key, None)
        _users[key] += 1
        found = _live.get(key)
        if found is not None and found.began.bundle.hash != origin.bundle.hash:  # the run was moved to other code
            found.stop()
            found = None
        if found is None:
            found = _live[key] = LiveRun(origin)
            _tell(found)
        return found


def replace(key: str, position: int) -> LiveRun:
    """Replace a live run which was fed events that were never recorded, from `position` on."""
    with _lock:
        _live[key] = fresh = _live[key].fork(position)
        _tell(fresh)
        return fresh


def _tell(live: LiveRun) -> None:
    for listen in LISTENERS:
        listen(live)


def find(key: str) -> LiveRun | None:
    """Return the live run of that key if this process has it."""
    return _live.get(key)


def all_live() -> list[tuple[str, LiveRun]]:
    """Return the live runs of this process with their keys."""
    with _lock:
        return [*_live.items()]


def detach(key: str, is_finished: bool) -> None:
    """Say that a workflow object uses the live run no more; a few unfinished ones are kept for a replay."""
    with _lock:
        _users[key] -= 1
        if _users[key] > 0:
            return
        del _users[key]
        if is_finished:
            drop(key)
            return
        _idle[key] = None
        while len(_idle) > _KEPT:
            drop(next(iter(_idle)))


def drop(key: str) -> None:
    """Forget a live run: it is finished, or its state cannot be trusted."""
    _idle.pop(key, None)
    live = _live.pop(key, None)
    if live is not None:
        live.stop()
