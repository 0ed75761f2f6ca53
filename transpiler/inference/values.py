"""What can stand behind an expression of a library's source; a set of them means: one of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from durable.transpiler.ir.effects import Effect

if TYPE_CHECKING:
    from durable.transpiler.inference.sources import Class, Function


@dataclass(frozen=True)
class Named:
    """A module, or a thing of which the catalogue knows, by dotted name."""

    name: str


@dataclass(frozen=True)
class ClassOf:
    """A class of which the source is known."""

    cls: Class


@dataclass(frozen=True)
class Callee:
    """A function of which the source is known, bound to an instance or class `receiver` if it is a method."""

    function: Function
    receiver: Class | None = None


@dataclass(frozen=True)
class Object:
    """An instance of a class: a source's, or the catalogue's by name. `is_opened`: opening it touched the world."""

    cls: Class | str
    is_opened: bool = False


@dataclass(frozen=True)
class Parent:
    """`super()` in a method of `cls` for instances of `receiver`."""

    cls: Class
    receiver: Class


@dataclass(frozen=True)
class Running:
    """The generator that a call of a generator function gives."""

    callee: Callee


@dataclass(frozen=True)
class Data:
    """Text, numbers, containers. `is_made`: by a pure library, so that all its methods are harmless."""

    is_made: bool = False


@dataclass(frozen=True)
class Collection:
    """A display of the source with the values of its items."""

    items: frozenset[Value]


@dataclass(frozen=True)
class Given:
    """What the caller passed in, or came out of that."""


@dataclass(frozen=True)
class Inner:
    """A function within the function that is read; its body counts as the outer one's."""


@dataclass(frozen=True)
class Unknown:
    """A value that nobody knows."""


Value: TypeAlias = Named | ClassOf | Callee | Object | Parent | Running | Data | Collection | Given | Inner | Unknown
Values: TypeAlias = frozenset[Value]
NONE: Values = frozenset()
UNKNOWN: Values = frozenset({Unknown()})
DATA: Values = frozenset({Data()})
MADE: Values = frozenset({Data(is_made=True)})
GIVEN: Values = frozenset({Given()})


def union(sets: Iterable[Values]) -> Values:
    """All values of several sets."""
    return frozenset().union(*sets)


@dataclass(frozen=True)
class Inferred:
    """The verdict on a callable: its effect, the chain of calls that leads to it, and the files that were read."""

    effect: Effect
    reason: tuple[str, ...]
    is_class: bool = False
    files: tuple[Path, ...] = field(default=(), repr=False)
