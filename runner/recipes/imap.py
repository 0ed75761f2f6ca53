"""Connections of imaplib: the selected mailbox, whose messages keep their numbers, and whether a change happened."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from durable.runner.core.call import UNDONE, UNKNOWN, Call, Settled
from durable.runner.recipes.recipe import Done, Doubt, Recipe, Using, happened, lost

_RENUMBERING = frozenset({"select", "close", "unselect", "expunge", "append", "copy", "noop", "check"})
_UID_RENUMBERING = frozenset({"COPY", "EXPUNGE", "MOVE"})
_HEARD = frozenset({"recent", "response", "read", "readline", "send"})
_OF_SESSION = re.compile(r"\b(RECENT|NEW|OLD)\b", re.IGNORECASE)


class Imap(Recipe):
    """A new connection selects the mailbox again; the messages must have the numbers that they had."""

    def marks(self, name: str, args: tuple[Any, ...]) -> bool:
        return name in _RENUMBERING or (name == "uid" and str(args[0]).upper() in _UID_RENUMBERING)

    def mark(self, live: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return what is selected now: [validity, count of the messages, hash of their unique ids], None: nothing."""
        if live.state != "SELECTED":
            return []
        return _mark(live)

    def note(self, log: list[Done], done: Done, result: Any) -> None:
        if done.name == "select":
            log[:] = [item for item in log if item.name != "select"]
            if done.mark:
                log.append(done)
        elif done.mark is not None:
            for item in log:
                if item.name == "select":
                    item.mark = done.mark
            if not done.mark:
                log[:] = [item for item in log if item.name != "select"]

    def restore(self, live: Any, log: Sequence[Done], opened: Call) -> None:
        for done in log:
            if done.name == "select":
                done.set_up(live, opened)
                validity, count, known = done.mark
                if live.state != "SELECTED" or _validity(live) != validity or _hash(_uids(live)[:count]) != known:
                    raise lost(live, opened.site, "the mailbox holds other messages now, or they have other numbers")

    def may_go_on(self, name: str, args: tuple[Any, ...], log: Sequence[Done]) -> str:
        is_of_session = name in ("search", "sort", "thread", "uid") and any(
            _OF_SESSION.search(arg) for arg in args if isinstance(arg, str)
        )
        is_heard = name in _HEARD and any(done.name == "select" for done in log)
        return "what is recent is said to one session only" if is_of_session or is_heard else ""

    def probe(self, using: Using) -> Doubt | None:
        name, args = using.name, using.args
        if name == "append" and len(args) == 4:
            return _added(using, args[0], lambda live: [bytes(args[3])])
        if name == "copy" and len(args) == 2:
            return _added(using, args[1], lambda live: _texts(live.fetch(args[0], "(BODY.PEEK[])")))
        if name in ("expunge", "close"):
            return _expunged(using)
        if name in ("create", "delete", "rename"):
            expected = {args[0]: name == "create"} if name != "rename" else {args[0]: False, args[1]: True}
            return _listed(using, expected)
        return None


def _uids(live: Any) -> list[bytes]:
    """Return the unique ids of the selected mailbox in the order of the numbers; nobody else notices the question."""
    heard = dict(live.untagged_responses)
    _, [found] = live.uid("SEARCH", "ALL")
    for kind, said in live.untagged_responses.items():
        heard.setdefault(kind, said)
    live.untagged_responses = heard
    return (found or b"").split()


def _mark(live: Any) -> list[Any]:
    uids = _uids(live)
    return [_validity(live), len(uids), _hash(uids)]


def _validity(live: Any) -> str:
    said = live.untagged_responses.get("UIDVALIDITY") or [b""]
    return bytes(said[-1]).decode()


def _hash(uids: Sequence[bytes]) -> str:
    return hashlib.blake2b(b" ".join(uids), digest_size=16).hexdigest()


def _next_uid(live: Any, mailbox: str) -> int | None:
    """Return the id that the next message of a mailbox will have, None for a mailbox that is not there."""
    kind, [said] = live.status(mailbox, "(UIDNEXT)")
    found = re.search(rb"UIDNEXT (\d+)", said or b"") if kind == "OK" else None
    return int(found[1]) if found else None


def _texts(answer: Any) -> list[bytes]:
    """Return the messages in the answer of a FETCH, with the line ends that every server has."""
    _, parts = answer
    return [_lines(part[1]) for part in parts if isinstance(part, tuple)]


def _lines(text: bytes) -> bytes:
    return re.sub(rb"\r\n|\r|\n", b"\r\n", text)


def _added(using: Using, mailbox: str, texts: Any) -> Doubt:
    """Return a probe of messages that are added to a mailbox: they stand behind those that were there."""

    def compare(first: Any) -> Settled:
        live = using.fresh()
        try:
            if _next_uid(live, mailbox) == first:
                return UNDONE
            live.select(mailbox, readonly=True)
            new = _texts(live.uid("FETCH", f"{first}:*", "(BODY.PEEK[])"))
        finally:
            live.logout()
        wanted = [*map(_lines, texts(using.revive()))]
        is_there = any(new[at : at + len(wanted)] == wanted for at in range(len(new)))
        return happened(_answer(using)) if is_there else UNKNOWN

    return Doubt(lambda: _next_uid(using.revive(), mailbox), compare)


def _expunged(using: Using) -> Doubt | None:
    """Return a probe of an expunging: the messages that were marked as deleted are no longer there."""
    selected = next((done for done in using.log if done.name == "select"), None)
    if selected is None:
        return None

    def look() -> Any:
        live = using.revive()
        _, [found] = live.search(None, "DELETED")
        numbers = [int(number) for number in (found or b"").split()]
        uids = _uids(live)
        return [numbers, [uids[number - 1].decode() for number in numbers]]

    def compare(note: Any) -> Settled:
        numbers, gone = note
        live = using.fresh()
        try:
            selected.again(live)
            mark = _mark(live) if using.name == "expunge" else []
            uids = _uids(live)
        finally:
            live.logout()
        left = {uid.decode() for uid in uids} & {*gone}
        if not gone or left == {*gone}:
            return UNDONE
        said = [str(number - at).encode() for at, number in enumerate(numbers)] if using.name == "expunge" else []
        return UNKNOWN if left else happened(_answer(using, said), mark)

    return Doubt(look, compare)


def _listed(using: Using, expected: Mapping[str, bool]) -> Doubt:
    """Return a probe of a change after which the mailboxes in `expected` are there (True) or are not."""

    def look() -> Any:
        live = using.revive()
        return {mailbox: _next_uid(live, mailbox) is not None for mailbox in expected}

    def compare(before: Any) -> Settled:
        now = look()
        if now == before:
            return UNDONE
        return happened(_answer(using)) if now == expected else UNKNOWN

    return Doubt(look, compare)


def _answer(using: Using, said: Sequence[bytes] = ()) -> tuple[str, list[bytes]]:
    return "OK", [*said] or [f"{using.name.upper()} completed.".encode()]
