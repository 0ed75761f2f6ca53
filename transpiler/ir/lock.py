"""What `durable.lock` keeps: the verdict of every library callable that the programs reach, by package and version."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from durable.transpiler.ir.effects import Effect

FORMAT = 1
HEAD = """\
# What the library callables that these programs reach do to the world. Written by `durable lock`; commit it.
# `durable check --locked SCRIPT` fails when an update of a library changes a verdict.
"""


class LockFault(ValueError):
    """A lock file that cannot be read."""


@dataclass(frozen=True)
class Package:
    """An installed distribution (`python`: the standard library) with the verdicts on its callables, by dotted name.

    One without verdicts was read on the way to a verdict on another's.
    """

    name: str
    version: str
    verdicts: Mapping[str, Effect]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"[[package]]\nname = {_quoted(self.name)}\nversion = {_quoted(self.version)}"
        if self.verdicts:
            yield "\n[package.verdicts]"
        yield from (f"{_quoted(name)} = {_quoted(effect.value)}" for name, effect in sorted(self.verdicts.items()))


@dataclass(frozen=True)
class Lock:
    """The verdicts for some programs (paths from the lock file's folder) as one version of durable gave them."""

    durable: str
    programs: tuple[str, ...]
    packages: tuple[Package, ...]

    def __str__(self) -> str:
        """The text of the lock file."""
        programs = ", ".join(map(_quoted, self.programs))
        start = f"{HEAD}version = {FORMAT}\ndurable = {_quoted(self.durable)}\nprograms = [{programs}]"
        return "\n\n".join([start, *map(str, self.packages)]) + "\n"

    @property
    def verdicts(self) -> dict[str, tuple[Effect, Package]]:
        """Every verdict with the package that the callable comes from."""
        return {name: (effect, package) for package in self.packages for name, effect in package.verdicts.items()}

    def package(self, name: str) -> Package | None:
        """The package of that name."""
        return next((package for package in self.packages if package.name == name), None)

    @staticmethod
    def parse(text: str) -> Lock:
        """The lock that a lock file's text says; LockFault if it is none."""
        try:
            data = tomllib.loads(text)
            if data["version"] != FORMAT:
                raise LockFault(f"its format is {data['version']}, this durable reads {FORMAT}")
            packages = tuple(map(_package, data.get("package", ())))
            return Lock(str(data["durable"]), tuple(data["programs"]), packages)
        except LockFault:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LockFault(f"it is no lock file: {error}") from error

    def joined(self, other: Lock) -> Lock:
        """The lock of both's programs; the packages are those of one installation."""
        packages = {package.name: package for package in self.packages}
        for package in other.packages:
            known = packages.get(package.name)
            verdicts = {**(known.verdicts if known is not None else {}), **package.verdicts}
            packages[package.name] = Package(package.name, package.version, verdicts)
        programs = tuple(sorted({*self.programs, *other.programs}))
        return Lock(other.durable, programs, tuple(packages[name] for name in sorted(packages)))


def _package(record: Any) -> Package:
    verdicts = cast("Mapping[str, str]", record.get("verdicts", {}))
    return Package(record["name"], record["version"], {name: Effect(effect) for name, effect in verdicts.items()})


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
