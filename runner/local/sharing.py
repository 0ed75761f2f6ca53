"""Steps under way that share what they may change: two requests of one client, whose cookies both of them set.

What a step has changed is recorded as what its roots hold afterwards. While another step is still changing the same
root that is nobody's: so the record waits until no step that has this root is under way, and none is begun meanwhile.
Of the steps that are recorded then, the one begun first records the root; for the others it is as they find it.
Steps that change nothing of what they share, which are most, do not wait for each other.
"""

from __future__ import annotations

import time
from typing import Any

from durable.runner.codec import Snapshot
from durable.runner.core.call import Call
from durable.runner.core.messages import Raised, Returned
from durable.runner.errors import JournalError
from durable.runner.touched import Touched

Place = tuple[int, str]
Answer = tuple[Call, Returned | Raised | JournalError, float]
_PATIENCE = 5.0
"""Seconds that a record waits for steps which may not end before what this one's answer lets the program do."""


class Sharing:
    """The steps under way by their roots, and the answers that wait to be recorded."""

    def __init__(self) -> None:
        self._users: dict[Place, set[int]] = {}
        self._held: list[Answer] = []
        self._since = 0.0

    def is_closed(self, call: Call) -> bool:
        """Say whether a root of `call` is waiting to be recorded."""
        return bool(self._held) and not self._closed().isdisjoint(_places(call))

    def begin(self, call: Call) -> None:
        """Note that the step is under way."""
        for place in _places(call):
            self._users.setdefault(place, set()).add(call.seq)

    def end(self, call: Call) -> None:
        """Note that the step is recorded."""
        for place in _places(call):
            users = self._users.get(place, set())
            users.discard(call.seq)
            if not users:
                self._users.pop(place, None)

    def hold(self, answer: Answer) -> None:
        """Let the answer of a step that has changed a root wait."""
        if not self._held:
            self._since = time.monotonic()
        self._held.append(answer)

    @property
    def is_overdue(self) -> bool:
        """Say whether an answer has waited for too long."""
        return bool(self._held) and time.monotonic() - self._since > _PATIENCE

    def take_ready(self) -> list[Answer]:
        """Take the answers that need not wait any more, in the order in which their steps were begun.

        The roots that an earlier one of them records are taken anew from the snapshots of the later ones.
        """
        blocked: set[Place] = set() if self.is_overdue else self._blocked()
        ready = sorted((one for one in self._held if _is_free(one[0], blocked)), key=lambda one: one[0].seq)
        self._held = [one for one in self._held if not _is_free(one[0], blocked)]
        known: set[Place] = set()
        for call, _, _ in ready:
            before: Snapshot = call.extra["before"]
            before.late = [index for index, root in enumerate(before.roots) if not known.isdisjoint(_places_of(root))]
            known |= _places(call)
        return ready

    def take_all(self) -> list[Answer]:
        """Take the answers that wait, come what may."""
        held, self._held = self._held, []
        return held

    def _closed(self) -> set[Place]:
        return {place for call, _, _ in self._held for place in _places(call)}

    def _blocked(self) -> set[Place]:
        """Return the roots that cannot be recorded: those of a step under way, and what depends on them."""
        held = [call for call, _, _ in self._held]
        answered = {call.seq for call in held}
        blocked = {place for place, users in self._users.items() if users - answered}
        while True:
            more = {place for call in held if not _is_free(call, blocked) for place in _places(call)} - blocked
            if not more:
                return blocked
            blocked |= more


def _is_free(call: Call, blocked: set[Place]) -> bool:
    return blocked.isdisjoint(_places(call))


def _places(call: Call) -> set[Place]:
    """Return what the call may change, by identity; its snapshot names also what callbacks in its roots touch."""
    before: Snapshot | None = call.extra.get("before")
    return {place for root in (before.roots if before is not None else ()) for place in _places_of(root)}


def _places_of(root: Any) -> set[Place]:
    return root.places if isinstance(root, Touched) else {(id(root), "")}
