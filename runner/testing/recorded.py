"""Effects answered from a fixture: in the order in which they were recorded, each to the request that fits it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from durable.runner.core.messages import Request, StartTimer, site_of
from durable.runner.testing import fixtures
from durable.runner.testing.errors import RecordingMismatch
from durable.runner.testing.fixtures import Line, Texts

_ABOUT = ("step", "call", "timer", "prompt", "kind", "strand")
"""What a line and a request must have in common; places may change with the program."""


class Recording:
    """The lines of the fixture at `path`, given out in order; `stubbed` are the names that are answered otherwise."""

    def __init__(self, path: Path, folder: Path, stubbed: frozenset[str]) -> None:
        self.path = path
        self.first, self._lines = fixtures.read(path)
        self._lines = [line for line in self._lines if line.get("step") not in stubbed]
        self._texts = Texts(str(folder))
        self._told: dict[int, Line] = {}

    def moment(self, kind: str) -> list[Any]:
        """Return [value] of the next value of the moment of this kind, [] if none comes before the next event."""
        for at, line in enumerate(self._lines):
            if "moment" not in line:
                break
            if line["moment"] == kind:
                return [self._lines.pop(at)["value"]]
        return []

    def ask(self, request: Request) -> None:
        """Take a request that the run has made, before its arguments can change."""
        self._told[request.seq] = self._texts.of(request)

    def next(self, requests: Mapping[int, Request]) -> tuple[Line, int]:
        """Return the next line and the request that it answers (-1: a signal). Raise RecordingMismatch."""
        while self._lines and "moment" in self._lines[0]:
            self._lines.pop(0)
        if not self._lines:
            raise self._mismatch(None, requests)
        line = self._lines[0]
        if "signal" in line:
            return self._lines.pop(0), -1
        fitting = [seq for seq in sorted(requests) if _about(self._told[seq]) == _about(line)]
        at = line.get("among", 0)
        if not fitting:
            raise self._mismatch(line, requests)
        self._lines.pop(0)
        return line, fitting[min(at, len(fitting) - 1)]

    def check_end(self) -> None:
        """Raise RecordingMismatch if the program has ended with something left."""
        left = [line for line in self._lines if "step" in line or "prompt" in line]
        if left:
            raise RecordingMismatch(f"{self._where(left[0])}: expected {_said(left[0])}, but the program has ended")

    def _mismatch(self, line: Line | None, requests: Mapping[int, Request]) -> RecordingMismatch:
        waiting: list[Request] = [
            request for _, request in sorted(requests.items()) if not isinstance(request, StartTimer)
        ]
        found = (waiting or [*requests.values()])[-1:]
        place, what = "the program", "nothing that it waits for"
        if found:
            site = site_of(found[0])
            place = f"{os.path.basename(site.file)}:{site.line}" if site is not None and site.file else place
            what = _said(self._told[found[0].seq])
        expected = f"expected {_said(line)} ({self._where(line)})" if line is not None else "expected nothing more"
        hint = self._hint()
        return RecordingMismatch(f"{place}: {expected}, found {what}{hint}\n`durable record` makes the fixture anew")

    def _hint(self) -> str:
        recorded, own = str(self.first.get("hash_seed", "")), os.environ.get("PYTHONHASHSEED", "random")
        return f" (recorded with PYTHONHASHSEED={recorded}, here it is {own})" if recorded != own else ""

    def _where(self, line: Line) -> str:
        return f"{self.path.name}:{line['line']}, recorded at {line.get('at', 'no place')}"


def _about(line: Line) -> list[Any]:
    return [line.get(key) for key in _ABOUT]


def _said(line: Line) -> str:
    """Return in words what a line is about."""
    if "step" in line:
        return str(line["call"])
    if "timer" in line:
        return f"a wait of {line['timer']:g} s"
    return f"the prompt {line['prompt']!r}"


def answered(line: Line) -> str:
    """Return the answer to a prompt; that of a secret is not recorded."""
    return str(line["answered"]) if "answered" in line else f"{fixtures.SECRET}\n"
