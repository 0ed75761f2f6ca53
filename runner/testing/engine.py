"""The local engine in virtual time: stubs are performed in line, prompts and signals come from a script."""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from typing import Any

from durable.runner.core.call import Call, Performance, Site
from durable.runner.core.messages import AskPrompt, Perform, Raised, Request, Returned, StartTimer, Withdraw, site_of
from durable.runner.engines.replay import Entry
from durable.runner.errors import JournalError
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local import doubt
from durable.runner.local.engine import LocalEngine
from durable.runner.local.recorder import Recorder
from durable.runner.local.signals import Signals
from durable.runner.run import Run
from durable.runner.testing.clock import VirtualClock, nanoseconds
from durable.runner.testing.console import ScriptedConsole
from durable.runner.testing.errors import UnstubbedEffect
from durable.runner.testing.fixtures import Line, payload
from durable.runner.testing.recorded import Recording, answered
from durable.runner.testing.script import Script
from durable.runner.testing.stubs import Stubs

_NOISE = 1e-6
"""Seconds between a moment and the nearest floating point number."""


class Crashed(BaseException):
    """The run is dropped here, as if its process had died."""


class Killed(BaseException):
    """A signal that the program does not handle ends its process."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Recorder(Recorder):
    """Needs nobody to commit beside it: nobody else looks at the journal."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        yield


class VirtualEngine(LocalEngine):
    """Drives one life of a run under test. `allowed` are the patterns of callees that may be performed for real."""

    recorder_class = _Recorder

    def __init__(
        self, journal: Journal, row: RunRow, stage: tuple[Script, VirtualClock, Stubs], allowed: tuple[str, ...]
    ) -> None:
        self._script, self._virtual, self._stubs = stage
        self.kept_console = ScriptedConsole(self._script, self._virtual)
        super().__init__(journal, row, self.kept_console, self._virtual)
        self._signals = _Signals(self._script, self._virtual)
        self._allowed = allowed
        self._due: dict[int, int] = {}
        self._virtual.has_waits = self._has_waits
        self._virtual.next_timer = lambda: min((self._due[seq] for seq in self._timers), default=math.inf)
        self._virtual.next_event = self._script.next_event
        self._virtual.who_waits = self._who_waits

    def _note_start(self, request: Request) -> None:
        super()._note_start(request)
        if isinstance(request, StartTimer):
            until = self._timers[request.seq]
            is_new = abs(until - self._virtual.now() - request.seconds) <= _NOISE
            exact = self._virtual.gone + nanoseconds(request.seconds)
            self._due[request.seq] = exact if is_new else self._virtual.since_start(until)

    def _fire(self, seq: int) -> None:
        self._virtual.go_to(self._due[seq])
        super()._fire(seq)

    def close(self) -> None:
        """Let the threads of this life end."""
        self._workers.close()

    def _has_waits(self) -> bool:
        return any(isinstance(request, Perform) and request.call.is_wait for request in self._open.values())

    def _who_waits(self) -> str:
        asked = [(prompt.text.strip(), prompt.site) for prompt in self._script.unanswered]
        if asked:
            return "; ".join(f"{_place(site)}: no answer is scripted for the prompt {text!r}" for text, site in asked)
        waits = [_place(site_of(request)) for request in self._open.values()]
        where = f" ({', '.join(waits)})" if waits else ""
        return f"the program waits for ever: nothing that is to come lets any of its threads go on{where}"

    # Host

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        return super().ambient(kind, self._virtual.reading(kind) or produce)

    # Steps

    def _take(self, requests: list[Request]) -> None:
        for request in requests:
            if isinstance(request, Perform):
                self._stubs.take_over(request.call)
            elif isinstance(request, Withdraw):
                self._script.shut(request.seq)
        super()._take(requests)

    def _inline(self, fresh: list[Request]) -> Perform | None:
        only = super()._inline(fresh)
        return None if only is not None and _is_stubbed(only.call) else only

    def _start(self, call: Call) -> None:
        if not _is_stubbed(call):
            super()._start(call)
            return
        self._flying.add(call.seq)
        event = doubt.event_without_trying(self.run, call)
        if event is not None:
            self._answers.put((call, event, self._virtual.now()))
        else:
            self._virtual.later(call.stub.takes, lambda: self._perform_elsewhere(call))

    def _attempt(self, call: Call) -> Returned | Raised:
        if call.stub is None and not _is_allowed(call, self._allowed):
            raise UnstubbedEffect(
                f"{_place(call.site)}: {call.site.callee} has no stub, and `real` does not let it touch the world"
            )
        return super()._attempt(call)

    def _perform_elsewhere(self, call: Call) -> None:
        try:
            super()._perform_elsewhere(call)
        except BaseException as error:
            self._answers.put((call, _Failure(error), self._virtual.now()))

    def _record(self, answers: list[Any]) -> list[Any]:
        for _, event, _ in answers:
            if isinstance(event, _Failure):
                raise event.error
        self._stubs.check()
        return super()._record(answers)

    def _poll_inbox(self) -> bool:
        return False


class _Failure(JournalError):
    """What went wrong on a thread that performs steps."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class _Signals(Signals):
    """The signals of the script. One that the program leaves to the system does what the system would."""

    def __init__(self, script: Script, clock: VirtualClock) -> None:
        super().__init__()
        self._script = script
        self._clock = clock
        self._run: Run | None = None

    def watch(self, run: Run) -> None:
        self._run = run

    def take(self) -> Entry | None:
        entry = self._script.signal(self._clock.gone)
        if entry is not None and entry.kind == "signal":
            self._let_kill(entry.name)
        return entry

    def _let_kill(self, name: str) -> None:
        shim: Any = sys.modules["durable.stdlib_shims.signal"]
        assert self._run is not None
        number = signal.Signals.__members__.get(name)
        if number is None or number == signal.SIGINT or number in shim._IGNORED:
            return
        to = shim.signals_of(self._run).handlers.get(number, signal.SIG_DFL)
        if to == signal.SIG_DFL and name not in shim.handled(self._run):
            raise Killed(number)


def _is_stubbed(call: Call) -> bool:
    """Say whether a stub is called, not something that one gave."""
    return call.fn is call.stub or (isinstance(call.fn, Performance) and call.fn.fn is call.stub)


def _is_allowed(call: Call, allowed: tuple[str, ...]) -> bool:
    return any(fnmatch(call.site.callee, pattern) for pattern in allowed)


def _place(site: Site | None) -> str:
    return f"{os.path.basename(site.file)}:{site.line}" if site is not None and site.file else "the program"


class RecordedEngine(VirtualEngine):
    """Answers what has no stub from a `recording`."""

    recording: Recording

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        found = self.recording.moment(kind)
        if not found:
            return super().ambient(kind, produce)
        if kind == "time.time":
            self._virtual.go_to(self._virtual.since_start(found[0]))
        return LocalEngine.ambient(self, kind, lambda: found[0])

    def _take(self, requests: list[Request]) -> None:
        super()._take(requests)
        for request in requests:
            if not isinstance(request, Withdraw):
                self.recording.ask(request)

    def _live(self) -> None:
        """Give the run what is recorded next; stubs come first."""
        for request in [self._open[seq] for seq in self._fresh if seq in self._open]:
            self._note_start(request)
            if isinstance(request, Perform) and _is_stubbed(request.call):
                self._starts.commit([request.call])
                self._start(request.call)
        self._fresh = []
        if self._flying:
            self._wait()
            return
        line, seq = self.recording.next(self._open)
        self._feed_line(line, self._open.get(seq))

    def _feed_line(self, line: Line, request: Request | None) -> None:
        if isinstance(request, Perform):
            kind = "returned" if "returned" in line else "raised"
            made = Returned if kind == "returned" else Raised
            event = made(request.seq, payload(line[kind]))
            self._take_answers([(request.call, event, self._virtual.now())])
        elif isinstance(request, StartTimer):
            self._fire(request.seq)
        elif isinstance(request, AskPrompt):
            self._answer(request.seq, answered(line), "recorded")
        else:
            name = line["signal"]
            self._message(Entry("cancel", -1, "", "null") if name == "cancel" else Entry("signal", -1, name, "null"))
