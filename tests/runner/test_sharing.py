"""Steps that overlap and share an argument: when what they changed is recorded, and by which of them."""

from __future__ import annotations

from typing import Any

import pytest

from durable.runner.codec import Snapshot
from durable.runner.core.call import Call, Site
from durable.runner.core.messages import Returned
from durable.runner.local import sharing
from durable.runner.local.sharing import Answer, Sharing

SITE = Site("s", "f", "write", "p.py", 1, 1, "")


def begun(shared: Sharing, seq: int, *roots: Any) -> Call:
    call = Call(print, (), {}, "write", SITE, roots)
    call.seq = seq
    call.extra["before"] = Snapshot(roots)
    shared.begin(call)
    return call


def answer(call: Call) -> Answer:
    return call, Returned(call.seq, ""), 0.0


def ready(shared: Sharing) -> list[tuple[int, list[int]]]:
    """Take what is ready: numbers, and the roots that an earlier one has recorded."""
    return [(call.seq, call.extra["before"].late) for call, _, _ in shared.take_ready()]


def test_a_change_waits_until_nobody_else_has_the_root() -> None:
    shared, jar, other = Sharing(), ["jar"], ["other"]
    first, second, third = begun(shared, 1, jar), begun(shared, 2, other, jar), begun(shared, 3, other)
    shared.hold(answer(second))
    assert ready(shared) == []
    assert shared.is_closed(first)
    assert shared.is_closed(third)
    shared.hold(answer(first))
    assert ready(shared) == []  # the second one also has what the third is still using
    shared.end(third)
    assert ready(shared) == [(1, []), (2, [1])]
    assert not shared.is_closed(first)


def test_what_shares_nothing_does_not_wait() -> None:
    shared, jar, other = Sharing(), ["jar"], ["other"]
    begun(shared, 1, jar)
    second = begun(shared, 2, other)
    shared.hold(answer(second))
    assert ready(shared) == [(2, [])]


def test_a_change_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    shared, jar = Sharing(), ["jar"]
    begun(shared, 1, jar)
    second = begun(shared, 2, jar)
    shared.hold(answer(second))
    assert not shared.is_overdue
    monkeypatch.setattr(sharing, "_PATIENCE", -1.0)
    assert shared.is_overdue
    assert ready(shared) == [(2, [])]
