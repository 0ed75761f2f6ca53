"""Live objects that cannot be stored: proxies, re-opening after a crash, and arguments changed in place by steps."""

from __future__ import annotations

import gc
import random
import sqlite3 as real
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from durable.runner.engines.memory import play
from durable.runner.errors import ResourceLost
from durable.runner.resources import Proxy, Resources, operate
from durable.runtime import read, resource, write
from durable.stdlib_shims import sqlite3

opened: list[str] = []


class Line:
    """A made-up connection: it cannot be stored and nothing is known of its methods."""

    def __init__(self, name: str) -> None:
        opened.append(name)
        self.name = name
        self.said: list[str] = []
        self.gate = iter(())
        self.lock = __import__("_thread").allocate_lock()

    def say(self, word: str) -> int:
        self.said.append(word)
        return len(self.said)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *args: Any) -> None:
        self.said.append("bye")

    def __len__(self) -> int:
        return len(self.said)


@pytest.fixture(autouse=True)
def nothing_opened() -> None:
    opened.clear()


def test_a_proxy_is_of_its_class_and_every_operation_is_a_step() -> None:
    def program() -> Any:
        with resource(Line)("a") as line:
            counts = [line.say("x"), len(line), line.name]
            return counts, isinstance(line, Line), isinstance(line, Proxy), "resource" in repr(line)

    played = play(program)
    assert played.value == ([1, 1, "a"], True, True, True) or played.value[0] == [1, 1, "a"]
    again = play(program, played.events)
    assert (again.value, again.performed) == (played.value, [])
    assert opened == ["a"]


def test_a_resource_is_opened_again_on_first_use() -> None:
    def program() -> Any:
        line = resource(Line)("a")
        return line.name

    played = play(program)
    assert play(program, played.events[:1]).value == "a"
    assert opened == ["a", "a"]


def test_what_cannot_be_opened_again_says_so_with_its_place() -> None:
    def program() -> Any:
        line = resource(Line)("a")
        line.say("x")
        return line.say("y")

    played = play(program)
    assert played.value == 2
    with pytest.raises(ResourceLost, match=r"test_resources\.py:\d+: the Line opened here .*say was called on it"):
        play(program, played.events[:2])


def numbers() -> Iterator[int]:
    yield from (1, 2, 3)


def test_an_iterator_is_read_step_by_step() -> None:
    def program() -> Any:
        return list(read(numbers)())

    played = play(program)
    assert played.value == [1, 2, 3]
    assert play(program, played.events).performed == []


def deal(deck: list[Any], box: dict[str, Any]) -> Any:
    random.Random(4).shuffle(deck)
    box["top"] = deck[0]
    return deck[-1]


WORDS = ["one", "two", "three"]


class Shouted:
    """An iterator that cannot be stored."""

    def __init__(self) -> None:
        self.words = map(str.upper, WORDS)
        self.lock = __import__("_thread").allocate_lock()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self.words)


def test_an_iterator_that_is_opened_again_goes_on_where_it_was() -> None:
    def program() -> Any:
        found = resource(Shouted)()
        return [*found], next(found, "over")

    played = play(program)
    assert played.value == (["ONE", "TWO", "THREE"], "over")
    for count in range(1, len(played.events)):
        assert play(program, played.events[:count]).value == played.value


def test_an_iterator_that_gives_other_items_when_opened_again_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def program() -> Any:
        return [*resource(Shouted)()]

    played = play(program)
    monkeypatch.setitem(globals(), "WORDS", ["one", "2", "three"])
    assert play(program, played.events[:3]).value == ["ONE", "2", "THREE"]
    with pytest.raises(ResourceLost, match=r"Shouted opened here was lost .* other items than the 2 it had given"):
        play(program, played.events[:4])


def test_a_step_changes_arguments_in_place_with_their_identity() -> None:
    def program() -> Any:
        deck = [[i] for i in range(6)]
        first, box = deck[0], dict[str, Any](mine=1)
        last = write(deal)(deck, box)
        return deck, [card is first for card in deck], last is deck[-1], box["top"] is deck[0]

    played = play(program)
    assert played.value[2:] == (True, True)
    assert play(program, played.events).value == played.value


def insert(connection: Any, value: int) -> None:
    connection.execute("INSERT INTO t VALUES (?)", (value,))


def test_a_library_may_use_a_connection_within_a_step(tmp_path: Path) -> None:
    path = tmp_path / "db"

    def program() -> Any:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
        write(insert)(connection, 1)
        found = connection.in_transaction
        connection.commit()
        return found, connection.execute("SELECT * FROM t").fetchall()

    whole = play(program)
    assert whole.value == (True, [(1,)])
    assert play(program, whole.events).value == whole.value
    gc.collect()
    for cut in range(len(whole.events)):
        path.unlink()
        first = play(program, crash_after=cut)
        events = first.events
        del first
        gc.collect()  # the dropped run's connections close
        assert play(program, events).value == whole.value
        check = real.connect(path)
        assert check.execute("SELECT count(*) FROM t").fetchone() == (1,)
        check.close()


def test_an_operation_may_have_an_argument_called_name() -> None:
    class Connection:
        def cursor(self, name: str, proxy: str) -> tuple[str, str]:
            return name, proxy

    resources = Resources(None)  # type: ignore[arg-type]
    resources.live["1"] = Connection()
    assert operate(Proxy(resources, "1", Connection), "cursor", name="report", proxy="none") == ("report", "none")


def test_a_lock_that_a_server_keeps_is_not_taken_again_after_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("redis.lock")
    source = "class Lock(Line):\n    def acquire(self): return True\n    def release(self): pass\n"
    exec(source, vars(module) | {"Line": Line, "__name__": "redis.lock"}, found := {})
    monkeypatch.setattr(module, "Lock", found["Lock"], raising=False)
    monkeypatch.setitem(sys.modules, "redis.lock", module)

    def program() -> Any:
        with resource(found["Lock"])("a"):
            pass

    crashed = play(program, crash_after=2)
    with pytest.raises(ResourceLost, match=r"cannot be opened again .*__enter__ was called on it"):
        play(program, crashed.events)
