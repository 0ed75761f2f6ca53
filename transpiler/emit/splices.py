"""Replacements of a text's ranges, applied at once; the source map falls out of what they leave alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from durable.transpiler.ir.bundle import Segment

_CLOSING, _HEADER, _OPENING = 0, 1, 2


@dataclass(frozen=True)
class Splice:
    """`text` in place of [start, end); at one offset lower ranks come first, then those of greater extent."""

    start: int
    end: int
    text: str
    rank: int = _OPENING
    extent: int = 0

    @staticmethod
    def around(start: int, end: int, before: str, after: str) -> list[Splice]:
        """`before` and `after` around a range; around ranges that share a start the longer one's comes first."""
        extent = end - start
        return [Splice(start, start, before, _OPENING, extent), Splice(end, end, after, _CLOSING, -extent)]

    @staticmethod
    def before(offset: int, text: str) -> Splice:
        """`text` before everything else that is inserted at an offset."""
        return Splice(offset, offset, text, _HEADER)


def applied(source: str, splices: Sequence[Splice]) -> tuple[str, tuple[Segment, ...]]:
    """The new text and its verbatim segments (new offset, old offset, length): new[n:n+l] == old[o:o+l] for each."""
    pieces: list[str] = []
    segments: list[Segment] = []
    old = new = 0

    def keep(until: int) -> None:
        nonlocal old, new
        if until > old:
            segments.append((new, old, until - old))
            pieces.append(source[old:until])
            new += until - old
            old = until

    for splice in sorted(splices, key=lambda one: (one.start, one.rank, -one.extent)):
        assert splice.start >= old, f"splices overlap at {splice.start}"
        keep(splice.start)
        pieces.append(splice.text)
        new += len(splice.text)
        old = splice.end
    keep(len(source))
    return "".join(pieces), tuple(segments)
