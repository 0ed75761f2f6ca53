"""The in-memory engine: a list as journal, for tests of the core and of shims. It survives nothing, on purpose."""

from __future__ import annotations

import io
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from durable import stdlib_shims
from durable.runner import context, said
from durable.runner.core.messages import AskPrompt, Perform, Request, StartTimer
from durable.runner.engines.replay import Entry, Replay, event_of, track
from durable.runner.run import Run
from durable.runner.sites import Sites
from durable.runner.spec import Outcome, RunSpec
from durable.runner.steps import execute

_WAIT = 0.05
"""Seconds for which the world may still say something before virtual time goes on."""


class Crashed(Exception):
    """The in-memory run was dropped at the asked point."""


@dataclass
class Played:
    """What `play` saw: the function's value or error, the journal, the output and the steps that really ran."""

    value: Any = None
    error: BaseException | None = None
    events: list[Entry] = field(default_factory=list)
    stdout: str = ""
    performed: list[str] = field(default_factory=list)
    crashed: bool = False


def play(
    fn: Callable[[], Any],
    events: Iterable[Entry] = (),
    crash_after: int | None = None,
    answers: Sequence[str] = (),
    spec: RunSpec | None = None,
) -> Played:
    """Run `fn` as the program of a run; `events` are replayed first; stop dead after `crash_after` journal entries.

    Timers fire at once in the order of their deadlines (virtual time). Steps run on threads when several are open.
    """
    stdlib_shims.install()
    said.install_loggers()
    return _Game(fn, list(events), crash_after, list(answers), spec).play()


class _Game:
    """One performance of `play`."""

    def __init__(
        self, fn: Callable[[], Any], events: list[Entry], crash_after: int | None, answers: list[str], spec: Any
    ) -> None:
        self.fn = fn
        self.played = Played(events=list(events))
        self.replay = Replay(events)
        self.crash_after = crash_after
        self.answers = answers
        self.spec = spec or RunSpec("test", "test.py", "test.py", (), ".", "", "00" * 16)
        self.run = Run(self.spec, self, Sites([fn.__code__.co_filename], []))
        self.open: dict[int, Request] = {}
        self.done: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        self.timers: list[tuple[float, int]] = []
        self.now = 0.0
        self.running: set[int] = set()
        self.out = io.BytesIO()
        self.activation = 0
        self.is_past = False

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        return self.replay.ambient(kind, produce, self.played.events.append)

    def emit(self, fd: int, data: bytes) -> None:
        if fd == 1:
            self.out.write(data)

    def play(self) -> Played:
        stdout = io.TextIOWrapper(io.BufferedWriter(_Emitter(self)), encoding="utf-8", write_through=True)
        self.run.cells.add(sys, "stdout", stdout)
        stdlib_shims.prepare(self.run)
        try:
            self._loop()
        except Crashed:
            self.played.crashed = True
        finally:
            self.run.stop()
        stdout.flush()
        self.played.stdout = self.out.getvalue().decode()
        return self.played

    def _main(self) -> Outcome:
        try:
            self.played.value = self.fn()
        except Exception as error:
            self.played.error = error
        return Outcome("completed", 0)

    def _loop(self) -> None:
        track(self.open, self.run.start(self._main))
        while not self.run.is_finished:
            if self.replay:
                entry, event = self.replay.next_event(self.open)
            else:
                if self.crash_after is not None and len(self.played.events) >= self.crash_after:
                    raise Crashed
                entry = self._live()
                self.played.events.append(entry)
                event = event_of(entry)
            self.open.pop(entry.seq, None)
            track(self.open, self.run.advance(event))

    def _live(self) -> Entry:
        for seq, request in list(self.open.items()):
            if seq in self.running:
                continue
            if isinstance(request, StartTimer):
                self.running.add(seq)
                self.timers.append((self.now + request.seconds, seq))
            elif isinstance(request, AskPrompt) and self.answers:
                return Entry("answered", seq, request.text, self.run.encoder.text(self.answers.pop(0)))
            elif isinstance(request, Perform):
                self.running.add(seq)
                self._begin(request)
        steps = [request.call for request in self.open.values() if isinstance(request, Perform)]
        if any(not call.is_wait for call in steps) or (steps and not self.timers):
            return self._wanted(60)
        if steps:
            try:
                return self._wanted(_WAIT)
            except queue.Empty:
                pass
        self.timers = sorted(timer for timer in self.timers if timer[1] in self.open)
        if not self.timers:
            raise Crashed
        self.now, seq = self.timers.pop(0)
        return Entry("fired", seq, "", "null")

    def _wanted(self, timeout: float) -> Entry:
        """Return the next answer that somebody waits for."""
        while True:
            entry = self.done.get(timeout=timeout)
            if entry.seq in self.open:
                return entry

    def _begin(self, request: Perform) -> None:
        call = request.call
        self.played.performed.append(call.site.callee)

        def work() -> None:
            with context.outside():
                event = execute(self.run, call)
            self.done.put(Entry(type(event).__name__.lower(), event.seq, call.site.callee, event.record))

        if sum(isinstance(item, Perform) for item in self.open.values()) == 1 and not call.is_wait:
            work()
        else:
            threading.Thread(target=work, daemon=True).start()
            time.sleep(0)


class _Emitter(io.RawIOBase):
    def __init__(self, game: _Game) -> None:
        self._game = game

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._game.emit(1, bytes(data))
        return len(data)
