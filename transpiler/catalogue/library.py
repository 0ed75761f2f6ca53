"""One library's data file as a value that answers by name; the most specific entry wins."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict, cast

from durable.transpiler.ir.effects import Effect

FOLDER = Path(__file__).parent
EXCEPTION_ENDINGS = ("Error", "Exception", "Warning", "Interrupt", "Exit")
_CLOSING = frozenset({"__exit__", "__aexit__"})
_ABOUT = frozenset(f"__{name}__" for name in ("name", "qualname", "module", "doc", "file", "version", "class", "dict"))


@dataclass(frozen=True)
class Entry:
    """What is known of one callable.

    `effect` is the worst that a call can do; `refine` (sql, http, mode, …) says which arguments can make it less.
    `returns` is the class of the result, `yields` of the result's items, `instance_of` that of an attribute's value.
    `shim`: a shim module gives it its durable meaning, so that references stand as they are. `mutates`: the parameters
    that a call changes in place. `setup`: a resource that is opened again needs it done again. `is_sure`: an entry
    names it, no pattern and no default.
    """

    effect: Effect
    refine: str | None = None
    returns: str | None = None
    shim: bool = False
    reason: str = ""
    mutates: tuple[str, ...] = ()
    is_class: bool = False
    instance_of: str | None = None
    yields: str | None = None
    setup: bool = False
    is_sure: bool = True


class Record(TypedDict, total=False):
    """An entry as the data files write it; a bare string stands for `{effect = …}`."""

    effect: str
    refine: str
    returns: str
    reason: str
    mutates: list[str]
    instance_of: str
    yields: str
    setup: bool


class Data(TypedDict, total=False):
    """A data file. `effects` lists names by effect; `callables` holds those of which more is to be said, and wins.

    `caught`: the runtime makes the library's own leaves steps wherever they are called (`runner/instrument`).
    `through`: the modules, caught or shimmed, whose leaves all of the library's contact with the world goes through.
    """

    module: str
    same_as: str
    shim: bool
    caught: bool
    through: list[str]
    shims: list[str]
    eager: list[str]
    inside: list[str]
    default: str
    effects: dict[str, list[str]]
    callables: dict[str, str | Record]
    aliases: dict[str, str]


@dataclass(frozen=True)
class Library:
    """The data of one top-level module; names below are dotted from the top."""

    module: str
    same_as: str | None
    shims: frozenset[str]
    eager: frozenset[str]
    default: Effect | None
    exact: Mapping[str, Record]
    patterns: tuple[tuple[re.Pattern[str], Record], ...]
    inside: tuple[re.Pattern[str], ...]
    classes: frozenset[str]
    aliases: Mapping[str, str]
    is_caught: bool
    through: tuple[str, ...]

    def canonical(self, name: str) -> str:
        """`name` after the longest alias that begins it has been replaced."""
        if self.same_as is not None:
            return self.same_as + name[len(self.module) :]
        rest = name[len(self.module) + 1 :]
        parts = rest.split(".")
        for length in range(len(parts), 0, -1):
            alias = self.aliases.get(".".join(parts[:length]))
            if alias is not None:
                head = self._absolute(alias) or name
                return ".".join([head, *parts[length:]])
        return name

    def lookup(self, name: str) -> Entry | None:
        """The entry for a canonical name; None if neither an entry nor a default covers it."""
        below = name[len(self.module) + 1 :]
        if not below:
            return None
        owner, _, last = below.rpartition(".")
        if last in _CLOSING and below not in self.exact and self._opens(owner):
            return self._entry(below, {"effect": "write"}, is_sure=True)
        if last in _ABOUT and below not in self.exact:
            return self._entry(below, {"effect": "pure"}, is_sure=False)
        record = self._record(below)
        if record is not None:
            return self._entry(below, record, is_sure=below in self.exact)
        if below in self.classes or last.endswith(EXCEPTION_ENDINGS):
            return self._entry(below, {"effect": "pure"}, is_sure=False)
        if self.default is not None:
            return self._entry(below, {"effect": self.default.value}, is_sure=False)
        return None

    def _opens(self, owner: str) -> bool:
        return self.exact.get(owner, {}).get("effect") == "open"

    def _record(self, below: str) -> Record | None:
        if below in self.exact:
            return self.exact[below]
        return next((record for pattern, record in self.patterns if pattern.fullmatch(below)), None)

    def _entry(self, below: str, record: Record, *, is_sure: bool) -> Entry:
        name = f"{self.module}.{below}"
        returns = self._absolute(record.get("returns"))
        is_class = below in self.classes or returns == name
        return Entry(
            effect=Effect(record.get("effect", "pure")),
            refine=record.get("refine"),
            returns=returns or (name if is_class else None),
            shim=any(pattern.fullmatch(below) for pattern in self.inside),
            reason=record.get("reason", ""),
            mutates=tuple(record.get("mutates", ())),
            is_class=is_class,
            instance_of=self._absolute(record.get("instance_of")),
            yields=self._absolute(record.get("yields")),
            setup=record.get("setup", False),
            is_sure=is_sure,
        )

    def _absolute(self, name: str | None) -> str | None:
        if name is None:
            return None
        return name.replace(":", ".").rstrip(".") if ":" in name else f"{self.module}.{name}"


@cache
def load_library(module: str) -> Library | None:
    """The data file of a top-level module, None if there is none."""
    path = FOLDER / f"{module}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    return _library(module, cast(Data, tomllib.loads(text)))


def _library(module: str, data: Data) -> Library:
    effects = data.get("effects", {})
    records: dict[str, Record] = {name: {"effect": effect} for effect, names in effects.items() for name in names}
    records |= {name: _record(value) for name, value in data.get("callables", {}).items()}
    patterns = sorted((name for name in records if "*" in name), key=_specificity, reverse=True)
    default = data.get("default")
    shims = data.get("shims", [module] if data.get("shim") else [])
    return Library(
        module=module,
        same_as=data.get("same_as"),
        shims=frozenset(shims),
        eager=frozenset(f"{module}.{name}" for name in data.get("eager", [])),
        default=Effect(default) if default else None,
        exact={name: record for name, record in records.items() if "*" not in name},
        patterns=tuple((_pattern(name), records[name]) for name in patterns),
        inside=tuple(_pattern(name) for name in data.get("inside", [])),
        classes=frozenset(_classes(records)),
        aliases=data.get("aliases", {}),
        is_caught=data.get("caught", False),
        through=tuple(data.get("through", ())),
    )


def _record(value: str | Record) -> Record:
    return {"effect": value} if isinstance(value, str) else value


def _specificity(pattern: str) -> tuple[bool, int]:
    """What names a member (`*.read`) says more than what names a class's every member (`ConfigParser.*`)."""
    return not pattern.endswith("*"), len(pattern.replace("*", ""))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*"))


def _classes(records: Mapping[str, Record]) -> set[str]:
    """The names that have members or an upper-case initial: classes."""
    owners = {name.rpartition(".")[0] for name in records}
    named = {name for name in records if name.rpartition(".")[2][:1].isupper() and "*" not in name}
    return {name for name in owners | named if name.rpartition(".")[2].lstrip("_")[:1].isupper()}
