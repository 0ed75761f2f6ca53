"""The local engine: the loop around a run which records, performs, records and feeds.

    replay recorded entries
    until the program has ended:
        start what the run asked for (a write: its start is committed before its effect)
        wait for one answer; record it (a write: on disk); feed it to the run

A step runs in line while nothing else is going on, on a worker thread otherwise.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from durable.runner import context
from durable.runner.core.call import Call
from durable.runner.core.messages import AskPrompt, Event, Perform, Raised, Request, Returned, StartTimer, Withdraw
from durable.runner.engines.replay import Entry, Replay, event_of, track
from durable.runner.errors import JournalError, Misfit
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local import crash, doubt
from durable.runner.local.clock import REAL, Clock
from durable.runner.local.console import Console
from durable.runner.local.inbox import POLL, Inbox
from durable.runner.local.liveline import Doing
from durable.runner.local.performing import performing
from durable.runner.local.recorder import Recorder
from durable.runner.local.sharing import Answer, Sharing
from durable.runner.local.signals import Signals
from durable.runner.local.starts import Starts
from durable.runner.local.workers import Workers
from durable.runner.run import Run
from durable.runner.spec import Outcome
from durable.runner.steps import attempt, recorded

if TYPE_CHECKING:
    from durable.runner.local.spans import Spans

_INSTANT = 1e-6
"""Seconds to which a moment is known: about those between two floats since the epoch."""


class LocalEngine:
    """Drives one run to its end from its journal. The caller holds the run's lock."""

    recorder_class: type[Recorder] = Recorder

    def __init__(self, journal: Journal, row: RunRow, console: Console, clock: Clock = REAL) -> None:
        self.journal = journal
        self.row = row
        self.console = console
        self.replay = Replay(journal.entries(row.n), journal.size(row.n))
        self.kept = len(self.replay)
        self._clock = clock
        self._recorder = self.recorder_class(journal, row.n, self.kept, console, clock)
        self.activation = 0
        self._before = self._given = 0
        self._open: dict[int, Request] = {}
        self._starts = Starts(journal, row, self._recorder, clock)
        self._fresh: list[int] = []
        self._withdrawn: set[int] = set()
        self._timers: dict[int, float] = {}
        self._sharing = Sharing()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._workers = Workers()
        self._flying: set[int] = set()
        self._inbox = Inbox(journal, row.n)
        self._read = b""
        self._signals = Signals()
        self.on_live: Callable[[Iterable[Request]], None] = lambda requests: None

    def send(self, spans: Spans | None) -> None:
        """Have a span sent for each step that is recorded from now on."""
        self._recorder.spans = spans

    def doing(self) -> Doing:
        """Return what the run is doing; may be called from any thread."""
        requests = tuple(self._open.values())
        return Doing(self.run.scheduler.next_seq - len(requests), requests, dict(self._timers))

    # Host: what the run asks for without being suspended

    @property
    def is_past(self) -> bool:
        return self.replay.is_past or not self._starts.are_in(self._open)

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        self._given += 1
        return self.replay.ambient(kind, produce, self._recorder.append)

    def emit(self, fd: int, data: bytes) -> None:
        self.console.emit(fd, data)
        if not self.replay:
            context.unrecorded(self._recorder.show, fd)

    # The loop

    def drive(self, run: Run, main: Callable[[], Outcome]) -> Outcome:
        """Replay, then run to the end; return the outcome. Raise Misfit, JournalError, EffectOutsideStep."""
        self.run = run
        if run.modules is not None:
            run.modules.is_alone = True
        with run.entered():
            self._replay(run, main)
        self._go_live()
        self.on_live(self._open.values())
        while not run.is_finished:
            self._live()
        assert run.outcome is not None
        self._finish(run.outcome)
        return run.outcome

    def _replay(self, run: Run, main: Callable[[], Outcome]) -> None:
        self._take(run.start(main))
        while self.replay and not run.is_finished:
            entry, event = self.replay.next_event(self._open, self._withdrawn)
            self._note_input(entry)
            self._advance(entry, event, self.kept if not self.replay else self._given + 1)

    def _take(self, requests: list[Request]) -> None:
        for stopped in (self.replay.misfit, self.run.violation, self.run.unreadable):
            if stopped is not None:
                raise stopped
        self.console.flush()
        track(self._open, requests)
        for request in requests:
            if type(request) is not Withdraw:
                if not self.replay:
                    self._fresh.append(request.seq)
                continue
            self._withdrawn.add(request.seq)
            if not self.replay:
                self._timers.pop(request.seq, None)
                self._recorder.shut(request.seq)

    def _note_input(self, entry: Entry) -> None:
        if entry.kind == "answered" and entry.name == "stdin":
            text: str = self.run.decoder.value(entry.payload)
            self._read += text.encode("utf-8", "surrogateescape")

    def _go_live(self) -> None:
        """Take up what was open when the last process died."""
        self.console.go_live(self._read)
        self._starts.take_up(self._open)
        self._fresh = [*self._open]

    def _live(self) -> None:
        """Start what is new, wait for an answer, record and feed it."""
        self._signals.watch(self.run)
        if self._poll_signals() or self._poll_inbox():
            return
        fresh = [self._open[seq] for seq in self._fresh if seq in self._open]
        self._fresh = [each.seq for each in fresh if isinstance(each, Perform) and self._sharing.is_closed(each.call)]
        fresh = [each for each in fresh if each.seq not in self._fresh]
        inline = self._inline(fresh)
        if inline is not None:
            self._settle_or_perform(inline)
            return
        calls = [request.call for request in fresh if isinstance(request, Perform)]
        for request in fresh:
            self._note_start(request)
        self._starts.commit(calls)
        for call in calls:
            self._start(call)
        self._wait()

    def _inline(self, fresh: list[Request]) -> Perform | None:
        """Return the one request that is open if it is a step that can be performed right here."""
        only = fresh[0] if len(self._open) == len(fresh) == 1 else None
        return only if isinstance(only, Perform) and not only.call.is_wait else None

    def _note_start(self, request: Request) -> None:
        """Write down that a request is open; the commit follows."""
        if isinstance(request, Perform):
            self._starts.step(request.call)
        elif isinstance(request, StartTimer):
            self._timers[request.seq] = self._starts.timer(request)
        elif isinstance(request, AskPrompt):
            self._starts.prompt(request)
            self.console.ask(request)

    def _start(self, call: Call) -> None:
        self._flying |= set() if call.is_wait else {call.seq}
        event = doubt.event_without_trying(self.run, call)
        if event is not None:
            self._answers.put((call, event, self._clock.now()))
        else:
            if "before" in call.extra:
                call.extra["is_shared"] = True
                self._sharing.begin(call)
            self._workers.submit(lambda: self._perform_elsewhere(call))

    # Steps

    def _settle_or_perform(self, request: Perform) -> None:
        call = request.call
        self._starts.step(call)
        self._starts.commit([call])
        event = doubt.event_without_trying(self.run, call)
        started = self._clock.now()
        if event is None:
            began = time.monotonic()
            with self._recorder.aside():
                event = self._attempt(call)
            self._clock.took(time.monotonic() - began)
        self._answered([(call, event, started)])

    def drop_activation(self) -> int:
        """Forget what the present activation recorded, so that it can run again with other code; return its number.

        Steps that are in flight are waited for and recorded: they stand whatever becomes of the activation.
        Raise Misfit where the journal goes on with what the activation asked for: then it must be run as it was.
        """
        if self.is_past:
            raise Misfit("an effect outside a step was attempted at a moment that the journal shows to have passed it")
        self._recorder.forget_from(self._before)
        self._record(self._sharing.take_all())
        while self._flying:
            self._record([self._answers.get(), *self._ready_answers()])
        self._recorder.commit()
        return self.activation

    def _attempt(self, call: Call) -> Returned | Raised:
        before = context.enter(None)
        try:
            with performing(call.seq):
                event = attempt(self.run, call)
        finally:
            context.enter(before)
        if crash.point is not None:
            crash.point(f"performed {call.seq} {call.site.callee}")
        return event

    def _perform_elsewhere(self, call: Call) -> None:
        started = self._clock.now()
        event: Returned | Raised | JournalError
        try:
            event = self._attempt(call)
        except JournalError as error:  # no room for what the step returned: no outcome that the program sees
            event = error
        self._answers.put((call, event, started))

    def _answered(self, answers: list[Answer]) -> None:
        """Record what steps gave, writes on disk with one flush for all of them, then feed it in the same order."""
        self._take_answers([answer for answer in answers if "outcome" not in answer[0].extra])
        for answer in answers:
            if "outcome" in answer[0].extra:
                self._sharing.hold(answer)
        self._take_shared()

    def _take_shared(self) -> None:
        """Record and feed what need not wait, one by one: each is recorded as the one before it left things."""
        for answer in self._sharing.take_ready():
            self._take_answers([answer])

    def _take_answers(self, answers: list[Answer]) -> None:
        entries = self._record(answers)
        if any(call.effect != "read" for call, _, _ in answers):
            self._recorder.commit()
        for entry, event in entries:
            if crash.point is not None:
                crash.point(f"recorded {entry.seq} {entry.name}")
            self._feed(entry, event)

    def _record(self, answers: list[Answer]) -> list[tuple[Entry, Event]]:
        entries: list[tuple[Entry, Event]] = []
        for call, event, started in answers:
            if isinstance(event, JournalError):
                raise event
            if call.is_wait and call.seq in self._withdrawn:
                continue
            self._flying -= {call.seq}
            self._sharing.end(call)
            event = self._recorded(call) if "outcome" in call.extra else event
            entry = Entry(type(event).__name__.lower(), event.seq, call.site.callee, event.record)
            entries.append((entry, event))
            self._recorder.append(entry, call, started)
            if "attempts" in call.extra:
                self._recorder.shut(event.seq)
        return entries

    def _recorded(self, call: Call) -> Returned | Raised:
        with context.outside(), performing(call.seq):
            return recorded(self.run, call)

    def _feed(self, entry: Entry, event: Event) -> None:
        self._starts.answered(entry.seq)
        self._advance(entry, event, self._recorder.size)

    def _advance(self, entry: Entry, event: Event, before: int) -> None:
        """Give the run an event. What it records in this activation comes behind the first `before` entries."""
        self._given += 1
        self.activation = self._given
        self._before = before
        self._open.pop(entry.seq, None)
        self._take(self.run.advance(event))

    # Waiting

    def _wait(self) -> None:
        """Wait until a step, a timer, a prompt or a message has something to say, and feed it."""
        answers = self._ready_answers()
        if not answers:
            found = self._wait_long()
            if found is None:
                return
            answers = [found, *self._ready_answers()]
        self._answered(answers)

    def _ready_answers(self) -> list[Answer]:
        found = []
        try:
            while True:
                found.append(self._answers.get_nowait())
        except queue.Empty:
            return found

    def _wait_long(self) -> Answer | None:
        while True:
            due = min(self._timers.items(), key=lambda item: (item[1], item[0]), default=None)
            left = due[1] - self._clock.now() if due is not None else None
            if due is not None and left is not None and left <= _INSTANT:
                self._fire(due[0])
                return None
            self._recorder.commit_before(POLL if left is None else left)
            try:
                most = 0.005 if self.console.is_asking else POLL
                return self._clock.get(self._answers, left, most, len(self._flying))
            except queue.Empty:
                if len(self._open) > len(self._timers) > 0:
                    self._recorder.beat()
            answer = self.console.poll()
            if answer is not None:
                self._answer(*answer, "stdin")
                return None
            if self._poll_signals() or self._poll_inbox():
                return None
            if self._sharing.is_overdue:
                self._take_shared()
                return None

    def _fire(self, seq: int) -> None:
        del self._timers[seq]
        entry = Entry("fired", seq, "timer", "null")
        self._recorder.append(entry, wait=self._open.get(seq))
        self._recorder.shut(seq)
        self._feed_simple(entry)

    def _answer(self, seq: int, text: str, source: str) -> None:
        """Record and feed the answer to prompt `seq`, which came from "stdin" or from `durable answer`."""
        self.console.answered(seq)
        entry = Entry("answered", seq, source, self.run.encoder.text(text))
        self._recorder.append(entry, wait=self._open.get(seq))
        self._recorder.shut(seq)
        self._recorder.commit()
        self._feed_simple(entry)

    def _poll_signals(self) -> bool:
        """Feed one signal of the operating system that the program handles, if one has arrived."""
        entry = self._signals.take()
        if entry is None:
            return False
        self._message(entry)
        return True

    def _message(self, entry: Entry) -> None:
        """Record and feed what came from outside and answers no request."""
        self._recorder.append(entry)
        self._recorder.commit()
        self._feed_simple(entry)

    def _poll_inbox(self) -> bool:
        """Take one message of another process, if there is one; say whether something was fed."""
        message = self._inbox.next(self._open)
        if message is None:
            return False
        self._recorder.take(message.n)
        if message.kind == "answer":
            self._answer(message.seq, message.payload, "answer")
        else:
            self._message(Entry(message.kind, -1, message.name, message.payload))
        return True

    def _feed_simple(self, entry: Entry) -> None:
        if crash.point is not None:
            crash.point(f"recorded {entry.kind}")
        self._feed(entry, event_of(entry))

    def _finish(self, outcome: Outcome) -> None:
        self.console.finish(self.journal, self.row.n)
        self._recorder.commit()
        if crash.point is not None:
            crash.point("before end")
        self.journal.set_outcome(self.row.n, outcome)
