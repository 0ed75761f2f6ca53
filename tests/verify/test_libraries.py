"""What libraries do to a program's objects in steps: killed at every point, the answer is plain Python's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

VENDOR = """\
import pathlib


def note(name, text):
    pathlib.Path(name).write_text(text)


class Client:
    def __init__(self):
        self.token = None
        self.seen = []

    def login(self, user):
        note("login.txt", user)
        self.token = user.upper()
        self.seen.append(self)

    def whoami(self):
        return self.token


def adder(step):
    note("adder.txt", str(step))
    return lambda value: value + step


def counter(start):
    note("counter.txt", str(start))
    count = start

    def up():
        nonlocal count
        count += 1
        return count

    return up


def keep(callback):
    note("keep.txt", "kept")
    return callback


def squares(count):
    for number in range(count):
        note(f"square{number}.txt", str(number))
        yield number * number


def row(table, name):
    note("row.txt", name)
    return table[name]


def deal(cards):
    note("deal.txt", str(len(cards)))
    cards.reverse()
    return cards.pop()
"""
PROGRAM = """\
import enum

import vendor


class Suit(enum.Enum):
    HEARTS = 1
    SPADES = 2


class Card:
    def __init__(self, suit, number):
        self.suit, self.number = suit, number


client = vendor.Client()
client.login("ann")
print(client.whoami(), client.seen[0] is client)

more = vendor.adder(3)
up = vendor.counter(5)
print(more(4), up(), up())
print(list(vendor.squares(3)))


def totals():
    total = 0

    def add(number):
        nonlocal total
        total += number
        return total

    same = vendor.keep(add)
    same(2)
    return same is add, add(3)


print(totals())
table = {"a": {"n": 1}}
vendor.row(table, "a")["n"] += 1
print(table)
cards = [Card(suit, number) for suit in Suit for number in range(2)]
first = cards[0]
print(vendor.deal(cards) is first, [(card.suit.name, card.number) for card in cards])
"""


def test_libraries_and_the_objects_they_are_given(project: Project) -> None:
    project.write("program/pyproject.toml", "")
    project.write("program/main.py", PROGRAM)
    project.write("library/vendor.py", VENDOR)
    done = project.durable(
        "verify", "--json", "--kills", "12", "program/main.py", env={"PYTHONPATH": str(project.folder / "library")}
    )
    report = json.loads(done.stdout)
    assert report["differences"] == [], done.stderr
    assert report["kills"] == 12
