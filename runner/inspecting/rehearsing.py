"""A retry tried out on a copy of the journal: whether the program, perhaps an edited one, goes on from what is kept."""

from __future__ import annotations

import functools
import types
from typing import Any

from durable.runner.codec.frames import is_own
from durable.runner.core.call import Call, Performance, Site
from durable.runner.core.messages import Perform, Request, site_of
from durable.runner.engines.replay import Entry, phrase
from durable.runner.errors import Misfit
from durable.runner.inspecting.local import LocalReplay
from durable.runner.journal.rows import OpenRow, RunRow
from durable.runner.journal.store import Journal
from durable.runner.resources import operate

Place = tuple[str, int, int]


class Rehearsal:
    """One replay of what a retry keeps. `is_whole`: nothing of the journal was cut off."""

    def __init__(self, journal: Journal, row: RunRow, is_whole: bool) -> None:
        steps = journal.steps(row.n)
        self._recorded = [(step.entry, step.site) for step in steps]
        self._sites = {step.entry.seq: step.site for step in steps if step.site is not None}
        self._given = next((step.entry.seq for step in steps if step.is_given), None)
        self._rows = [row for row in journal.open_rows(row.n) if row.kind == "step"] if is_whole else []
        self._moved: dict[tuple[Place, Place], int] = {}
        self._is_own = False
        self._replay = LocalReplay(journal, row)
        self._replay.on_answer = self._answered

    def result(self) -> dict[str, Any]:
        """Replay and return {"fault", "recorded", "asked", "moved", "is_own"}; "fault" is empty if all fits.

        "recorded" and "asked" are places, {"what", "file", "line"} or null; "moved" are kept steps, [seq, old place,
        new place], one for each pair; "is_own" says whether the result given by hand is one the program never sees.
        """
        fault, entry, asked = self._fault()
        if fault and entry is not None:
            asked = asked or self._stands_at()
        return {
            "fault": fault,
            "recorded": self._place_of(entry) if entry is not None else None,
            "asked": _shown(asked.callee, asked) if asked is not None else None,
            "moved": [[seq, *pair] for pair, seq in self._moved.items()],
            "is_own": self._is_own,
        }

    def _fault(self) -> tuple[str, Entry | None, Site | None]:
        try:
            self._replay.to(None)
        except Misfit as misfit:
            return str(misfit), misfit.entry, misfit.asked
        left = tuple(self._replay.left())
        if left:
            return f"the program now ends before {phrase(left[0])}", left[0], None
        if self._replay.run.unreadable is not None:
            return str(self._replay.run.unreadable), None, None
        lost = next((row for row in self._rows if not self._is_asked_for(row)), None)
        if lost is None:
            return "", None, None
        if lost.site is not None:
            self._sites[lost.seq] = lost.site
        text = f"step {lost.seq} ({lost.name}) was in flight, and the program now does not ask for it"
        return text, Entry("returned", lost.seq, lost.name, ""), None

    def _is_asked_for(self, row: OpenRow) -> bool:
        request = self._replay.open.get(row.seq)
        return isinstance(request, Perform) and request.call.site.callee == row.name

    def _answered(self, entry: Entry, asked: Request | None) -> None:
        old, new = self._sites.get(entry.seq), site_of(asked)
        if old is not None and new is not None:
            places = (old.file, old.line, old.column), (new.file, new.line, new.column)
            self._moved.setdefault(places, entry.seq)
        if entry.seq == self._given and isinstance(asked, Perform):
            self._is_own = is_own_result(asked.call)

    def _place_of(self, entry: Entry) -> dict[str, Any]:
        """Return where a recorded line stood; what has no place of its own came after the step that is named then."""
        site = self._sites.get(entry.seq)
        if site is not None:
            return _shown(phrase(entry), site)
        known: Site | None = None
        for other, place in self._recorded:
            if other == entry:
                break
            known = place or known
        return _shown(f"{phrase(entry)} {entry.name}, after the step here", known) if known is not None else {}

    def _stands_at(self) -> Site | None:
        """Return where the program waits now, if it does."""
        sites = [site for request in self._replay.open.values() if (site := site_of(request)) is not None]
        return sites[-1] if sites else None


def _shown(what: str, site: Site) -> dict[str, Any]:
    return {"what": what, "file": site.file, "line": site.line}


def is_own_result(call: Call) -> bool:
    """Say whether what a step returns is made for durable's own code (a piece of a file, rows), not for the program."""
    fn: Any = call.fn
    while isinstance(fn, functools.partial | Performance):
        fn = fn.func if isinstance(fn, functools.partial) else fn.fn
    if fn is operate or hasattr(fn, "__wrapped__"):  # one that gives what a library's function gives
        return False
    inner = getattr(fn, "__func__", fn)
    code = getattr(inner if isinstance(inner, types.FunctionType) else type(inner).__call__, "__code__", None)
    return isinstance(code, types.CodeType) and is_own(code.co_filename)
