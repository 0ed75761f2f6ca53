"""The streams of a run under test: output is kept, input comes from the script."""

from __future__ import annotations

from collections.abc import Callable

from durable.runner.core.messages import AskPrompt
from durable.runner.journal.store import Journal
from durable.runner.local.console import Console
from durable.runner.local.liveline import Doing
from durable.runner.testing.clock import VirtualClock
from durable.runner.testing.script import Script


class ScriptedConsole(Console):
    """Stands for the terminal of one life of a run; the next one makes all its output again."""

    def __init__(self, script: Script, clock: VirtualClock) -> None:
        self.output = {1: bytearray(), 2: bytearray()}
        self.shown = {1: 0, 2: 0}
        self._script = script
        self._clock = clock

    def emit(self, fd: int, data: bytes) -> None:
        self.output[fd] += data

    def is_terminal(self, fd: int) -> bool:
        return False

    def flush(self) -> None:
        pass

    def store(self, journal: Journal, run: int) -> None:
        pass

    def save(self, journal: Journal, run: int) -> None:
        pass

    def forget(self) -> None:
        pass

    def finish(self, journal: Journal, run: int) -> None:
        pass

    def show_doing(self, doing: Callable[[], Doing]) -> None:
        pass

    def hide_doing(self) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    @property
    def is_asking(self) -> bool:
        return False

    def go_live(self, read: bytes) -> None:
        pass

    def ask(self, request: AskPrompt) -> None:
        self._script.ask(request, self._clock.gone)

    def answered(self, seq: int) -> None:
        self._script.shut(seq)

    def poll(self) -> tuple[int, str] | None:
        return self._script.answer(self._clock.gone)
