"""Sessions of poplib. What is deleted goes at QUIT only: a crash undoes it, and it is said again in a new session."""

from __future__ import annotations

import poplib
from collections.abc import Mapping, Sequence
from typing import Any

from durable.runner.core.call import UNDONE, UNKNOWN, Call, Settled
from durable.runner.recipes.recipe import Done, Doubt, Recipe, Using, happened, lost

_LOGINS = frozenset({"pass_", "apop", "rpop"})


class Pop(Recipe):
    """A new session has to have the messages of the lost one under the same numbers; new ones may stand behind them."""

    def marks(self, name: str, args: tuple[Any, ...]) -> bool:
        return name in _LOGINS

    def mark(self, live: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return _messages(live)

    def note(self, log: list[Done], done: Done, result: Any) -> None:
        if done.name == "rset":
            log[:] = [item for item in log if item.name != "dele"]
        elif done.name == "dele" and done not in log:
            log.append(done)

    def restore(self, live: Any, log: Sequence[Done], opened: Call) -> None:
        before = _before(log)
        if before is not None and _messages(live)[: len(before)] != before:
            raise lost(live, opened.site, "the messages are others now, or have other numbers")
        for done in log:
            if done.name == "dele":
                done.set_up(live, opened)

    def probe(self, using: Using) -> Doubt | None:
        if using.name != "quit":
            return None
        gone = {int(done.args[0]) for done in using.log if done.name == "dele"}

        def compare(note: Any) -> Settled:
            before = _before(using.log)
            if before is None:
                return UNKNOWN
            live = using.fresh()
            now = _messages(live)
            live.close()  # without QUIT nothing is changed
            kept = [message for number, message in enumerate(before, 1) if number not in gone]
            if now[: len(before)] == before:
                return UNDONE
            return happened(b"+OK") if now[: len(kept)] == kept else UNKNOWN

        return Doubt(lambda: sorted(gone), compare)


def _before(log: Sequence[Done]) -> list[str] | None:
    """Return what the maildrop held when the lost session began, None if that is not known."""
    return next((done.mark for done in reversed(log) if done.name in _LOGINS), None)


def _messages(live: Any) -> list[str]:
    """Return a mark of each message: its unique id, or its size where the server has no ids."""
    try:
        listed = live.uidl()[1]
    except poplib.error_proto:
        listed = live.list()[1]
    return [line.decode("ascii", "replace").partition(" ")[2] for line in listed]
