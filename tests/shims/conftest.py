"""What the tests of shims share: a program run plain, durable, and durable with a crash after every journal entry."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from durable.runner.engines.memory import Played, play


class Worlds:
    """Fresh directories to run a program in, and what the program left there."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._count = 0

    def enter(self) -> Path:
        self._count += 1
        world = self._base / str(self._count)
        world.mkdir()
        os.chdir(world)
        return world

    def left(self, world: Path) -> dict[str, bytes | None]:
        found = sorted(world.rglob("*"))
        return {str(path.relative_to(world)): path.read_bytes() if path.is_file() else None for path in found}


@pytest.fixture
def worlds(tmp_path: Path) -> Any:
    before = os.getcwd()
    yield Worlds(tmp_path)
    os.chdir(before)


Check = Callable[..., Played]
_CUTS = 50


@pytest.fixture
def same(worlds: Worlds) -> Check:
    """Return a function which plays a program, then again with a crash after every entry, and compares with plain."""

    def check(fn: Callable[[], Any], answers: Sequence[str] = (), is_plain_too: bool = True) -> Played:
        world = worlds.enter()
        expected = fn() if is_plain_too else None
        left = worlds.left(world)
        played = _played(fn, worlds, (), answers)
        if is_plain_too:
            assert played.value == expected
            assert worlds.left(Path.cwd()) == left
        left = worlds.left(Path.cwd())
        for cut in _cuts(len(played.events)):
            world = worlds.enter()
            first = play(fn, crash_after=cut, answers=answers)
            os.chdir(world)
            second = _played(fn, worlds, first.events, answers[_asked(first.events) :], world)
            assert len(first.performed) + len(second.performed) == len(played.performed)
            assert worlds.left(world) == left
            if is_plain_too:
                assert second.value == played.value
                assert second.stdout == played.stdout
        return played

    return check


def _cuts(events: int) -> list[int]:
    """Return where to crash: after every entry, or after some of them evenly spread where there are very many."""
    return sorted({index * events // _CUTS for index in range(_CUTS)})


def _asked(events: Sequence[Any]) -> int:
    return sum(entry.kind == "answered" for entry in events)


def _played(fn: Any, worlds: Worlds, events: Any, answers: Sequence[str], world: Path | None = None) -> Played:
    world = world or worlds.enter()
    played = play(fn, events, answers=answers)
    os.chdir(world)
    if played.error is not None:
        raise played.error
    assert not played.crashed
    return played


@pytest.fixture
def replayed() -> Check:
    """Return a function which plays a program and replays it from every prefix of its journal: the same value each time
    that the journal decides it, and nothing recorded is done again."""

    def check(fn: Callable[[], Any], answers: Sequence[str] = ()) -> Played:
        played = play(fn, answers=answers)
        if played.error is not None:
            raise played.error
        for cut in range(len(played.events) + 1):
            kept = played.events[:cut]
            again = play(fn, kept, answers=answers[_asked(kept) :])
            assert again.error is None, again.error
            steps = sum(entry.kind in ("returned", "raised") for entry in kept)
            assert len(again.performed) == len(played.performed) - steps
        assert again.value == played.value
        assert again.stdout == played.stdout
        return played

    return check
