"""What an inspection shows: strands with their frames; plain values, JSON-storable through `as_json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Moment:
    """Which moment of which run: `at` is the number of a request that the run had just made (None: its last moment).

    `everything` also shows the frames of libraries.
    """

    run: str
    at: int | None = None
    everything: bool = False


@dataclass(frozen=True)
class Question:
    """An expression to be evaluated in a frame: of the strand with this name ("": the first), `up` frames above its
    innermost one.
    """

    expression: str
    strand: str = ""
    up: int = 0


@dataclass(frozen=True)
class FrameShown:
    """One frame, in the original file; `source` is the line's text, `locals` name → shortened repr."""

    file: str
    line: int
    function: str
    source: str
    locals: dict[str, str]


@dataclass(frozen=True)
class StrandShown:
    """One line of control, its innermost frame last. `locks` are those that it holds."""

    name: str
    waiting_on: str
    frames: tuple[FrameShown, ...]
    locks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A run at one moment; `at` is the number of the request it was taken at, None for the last moment."""

    id: str
    at: int | None
    strands: tuple[StrandShown, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
