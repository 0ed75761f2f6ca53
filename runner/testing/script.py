"""What people do while a program under test runs: answers to its prompts, text on its standard input, signals."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from durable.runner.core.messages import AskPrompt
from durable.runner.engines.replay import Entry
from durable.runner.errors import UsageError
from durable.runner.program.streams import MAX_READ
from durable.runner.testing.clock import nanoseconds

Duration = float | timedelta


@dataclass(frozen=True)
class Answer:
    """An answer to a prompt, given `after` so much (virtual) time; `text` None is the end of the input."""

    text: str | None
    after: Duration = 0.0


Given = str | None | Answer
Answers = Sequence[Given] | Mapping[str, Given | Sequence[Given]] | Callable[[str], Given]
"""In the order of the prompts; or by the prompt's text, one for every time or a list; or a function of the text."""


def seconds_of(duration: Duration) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


class Script:
    """Knows who says what and when (nanoseconds since the start). The same prompt keeps its answer over a crash."""

    def __init__(
        self, answers: Answers | None, stdin: str | bytes | None, signals: Iterable[tuple[str, Duration]]
    ) -> None:
        self._answers = answers
        self._lists = _lists(answers)
        self._stdin = stdin.encode() if isinstance(stdin, str) else stdin
        self._signals = sorted((nanoseconds(seconds_of(after)), _entry(name)) for name, after in signals)
        self._due: dict[int, tuple[int, str]] = {}
        self._open: dict[int, AskPrompt] = {}
        self.asked: list[str] = []

    @property
    def has_stdin(self) -> bool:
        return self._stdin is not None

    def ask(self, prompt: AskPrompt, now: int) -> None:
        """Note that a prompt is open."""
        self._open[prompt.seq] = prompt
        if prompt.seq in self._due:
            return
        self.asked.append(prompt.text)
        found = self._line(prompt)
        if found is not _NOBODY:
            given = found if isinstance(found, Answer) else Answer(found)
            text = "" if given.text is None else given.text
            is_line = given.text is not None and prompt.kind != "read" and not text.endswith("\n")
            self._due[prompt.seq] = now + nanoseconds(seconds_of(given.after)), text + "\n" if is_line else text

    def forget_open(self) -> None:
        """Nobody sees the prompts any more: the process has died."""
        self._open.clear()

    def shut(self, seq: int) -> None:
        self._open.pop(seq, None)

    def answer(self, now: int) -> tuple[int, str] | None:
        """Return (seq, text) of a prompt which is answered by now."""
        ready = min(((self._due[seq][0], seq) for seq in self._open if seq in self._due), default=None)
        if ready is None or ready[0] > now:
            return None
        return ready[1], self._due[ready[1]][1]

    def signal(self, now: int) -> Entry | None:
        """Return the entry of a signal which has come by now."""
        return self._signals.pop(0)[1] if self._signals and self._signals[0][0] <= now else None

    def next_event(self) -> float:
        """Return when something happens next."""
        answers = [self._due[seq][0] for seq in self._open if seq in self._due]
        return min([*answers, *[at for at, _ in self._signals[:1]]], default=math.inf)

    @property
    def unanswered(self) -> list[AskPrompt]:
        return [prompt for seq, prompt in self._open.items() if seq not in self._due]

    def _line(self, prompt: AskPrompt) -> Given:
        if prompt.kind == "read" and self._stdin is not None:
            return self._take(MAX_READ).decode("utf-8", "surrogateescape")
        found = self._scripted(prompt.text)
        if found is _NOBODY and self._stdin is not None:
            line = self._take((self._stdin.find(b"\n") + 1) or len(self._stdin))
            return line.decode("utf-8", "surrogateescape") if line else None
        return found + "\n" if prompt.kind == "read" and isinstance(found, str) else found

    def _take(self, size: int) -> bytes:
        assert self._stdin is not None
        taken, self._stdin = self._stdin[:size], self._stdin[size:]
        return taken

    def _scripted(self, text: str) -> Given:
        if callable(self._answers):
            return self._answers(text)
        for key in (text, text.strip(), ""):
            if key in self._lists:
                return self._lists[key].pop(0) if self._lists[key] else _NOBODY
        if isinstance(self._answers, Mapping):
            for key, given in self._answers.items():
                if key in (text, text.strip()) and (given is None or isinstance(given, str | Answer)):
                    return given
        return _NOBODY


_NOBODY = Answer("nobody answers")


def _lists(answers: Answers | None) -> dict[str, list[Given]]:
    """Return what is given one after the other, by the prompt's text, "" for any prompt."""
    if answers is None or callable(answers):
        return {}
    if isinstance(answers, str):
        raise UsageError(
            "`answers` is a list of answers, or a table of prompts with theirs; a single one is a list too"
        )
    if isinstance(answers, Mapping):
        return {
            key: list(given) for key, given in answers.items() if not (given is None or isinstance(given, str | Answer))
        }
    return {"": list(answers)}


def _entry(name: str) -> Entry:
    """Return the entry of a signal (SIGTERM, TERM), or of the run's being cancelled ("cancel")."""
    if name == "cancel":
        return Entry("cancel", -1, "", "null")
    known = name if name in signal.Signals.__members__ else f"SIG{name}"
    return Entry("signal", -1, known if known in signal.Signals.__members__ else name, "null")
