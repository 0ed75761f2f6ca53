"""What can stand behind an expression: a closed union of facts; a set of them means: one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from durable.transpiler.resolve.scopes import Scope


@dataclass(frozen=True)
class Library:
    """A library's module, function, class or attribute, by canonical dotted name.

    `is_method`: reached through an instance; `is_alias`: through a variable of the program.
    """

    name: str
    is_method: bool = False
    is_alias: bool = False


@dataclass(frozen=True)
class Instance:
    """An instance of a library class."""

    name: str


@dataclass(frozen=True, eq=False)
class Local:
    """A function or class of the program, or an instance of such a class; equal by scope."""

    scope: Scope
    is_instance: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Local) and (self.scope, self.is_instance) == (other.scope, other.is_instance)

    def __hash__(self) -> int:
        return hash((id(self.scope), self.is_instance))


@dataclass(frozen=True)
class LocalModule:
    """A module of the program."""

    name: str


@dataclass(frozen=True)
class Anything:
    """A value that nobody knows."""


@dataclass(frozen=True)
class Nothing:
    """None."""


Fact: TypeAlias = Library | Instance | Local | LocalModule | Anything | Nothing
Facts: TypeAlias = frozenset[Fact]
ANYTHING: Facts = frozenset({Anything()})
