"""Third-party callables, each called once for real: the set-up is in the function, what it returns is the call."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Call = Callable[[], Any]


@dataclass(frozen=True)
class Servers:
    """Where the loopback servers are, and a folder to write to."""

    http: str
    redis_port: int
    folder: str


@dataclass(frozen=True)
class Case:
    """A callable by its dotted name; `is_async`: set-up and call are coroutine functions."""

    name: str
    make: Callable[[Servers], Any]
    is_async: bool = False

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.name.partition(".")[0]) is not None


CASES: list[Case] = []


def case(name: str, *, is_async: bool = False) -> Callable[[Callable[[Servers], Any]], Callable[[Servers], Any]]:
    """Say which callable a function is the case of."""

    def add(make: Callable[[Servers], Any]) -> Callable[[Servers], Any]:
        CASES.append(Case(name, make, is_async))
        return make

    return add


def each(library: str, names: str, make: Callable[[Servers, str], Call], prefix: str = "") -> None:
    """Add one case for each of several callables that are called alike."""
    for name in names.split():
        CASES.append(Case(f"{library}.{prefix}{name}", lambda at, name=name: make(at, name)))


def each_async(library: str, names: str, make: Callable[[Servers, str], Any], prefix: str = "") -> None:
    """The same for coroutine functions."""
    for name in names.split():
        CASES.append(Case(f"{library}.{prefix}{name}", lambda at, name=name: make(at, name), is_async=True))
