"""A program's own classes and functions, as values are made of them."""

from __future__ import annotations

import collections
import dataclasses
import enum
from collections.abc import Callable
from typing import Any, NamedTuple


class Colour(enum.Enum):
    RED = 1
    GREEN = ("g", 2)


class Rights(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 9


class Name(enum.StrEnum):
    FIRST = "first"


class Pair(NamedTuple):
    left: Any
    right: Any


Triple = collections.namedtuple("Triple", "a b c", defaults=(None,))


@dataclasses.dataclass(eq=False)
class Point:
    x: Any = None
    y: Any = None


@dataclasses.dataclass(frozen=True, slots=True)
class Fixed:
    x: Any
    y: Any = 0


class Node:
    """Any attributes; one method, which values may hold bound."""

    def __init__(self, label: str = "") -> None:
        self.label = label

    def tell(self) -> str:
        return self.label

    class Inner:
        pass


class Slotted:
    __slots__ = ("a", "b")


class Both(Slotted):
    """Slots and attributes."""


class Stateful:
    def __init__(self) -> None:
        self.value: Any = 0
        self.cache = "not kept"

    def __getstate__(self) -> Any:
        return [self.value]

    def __setstate__(self, state: Any) -> None:
        self.value = state[0]
        self.cache = "not kept"


class Row(list[Any]):
    """A list with attributes."""


class Table(dict[Any, Any]):
    pass


class Text(str):
    pass


class Number(int):
    pass


class Problem(Exception):
    def __init__(self, code: int, *, hint: Any = None) -> None:
        super().__init__(f"problem {code}")
        self.code = code
        self.hint = hint


def double(value: Any) -> Any:
    return value * 2


def adder(step: Any, seen: list[Any]) -> Callable[[Any], Any]:
    def add(value: Any, times: int = 1, *, note: Any = None) -> Any:
        seen.append(note)
        return value, step, times

    return add


def counter(count: int) -> tuple[Callable[[], int], Callable[[], int]]:
    """Two closures over one cell."""

    def up() -> int:
        nonlocal count
        count += 1
        return count

    return up, lambda: count
