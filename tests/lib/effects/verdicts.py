"""The verdicts that the data files give in so many words: entries and patterns, no default and no rule of the code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache

from durable.transpiler import catalogue
from durable.transpiler.catalogue.library import FOLDER, load_library

# Private names have verdicts too, for what a type checker finds behind public ones; they say nothing of public names.
_PRIVATE = frozenset({"_*", "*._*"})


@cache
def written(top: str) -> dict[str, str]:
    """Every name and pattern of a data file with its effect."""
    data = tomllib.loads((FOLDER / f"{top}.toml").read_text(encoding="utf-8"))
    found = {name: effect for effect, names in data.get("effects", {}).items() for name in names}
    for name, record in data.get("callables", {}).items():
        found[name] = record if isinstance(record, str) else record.get("effect", "pure")
    return found


@cache
def _patterns(top: str) -> tuple[re.Pattern[str], ...]:
    texts = [name for name in written(top) if "*" in name and name not in _PRIVATE and name != "*"]
    return tuple(re.compile(re.escape(text).replace(r"\*", ".*")) for text in texts)


def is_explicit(dotted: str) -> bool:
    """Whether a data file has an entry or a pattern for a name."""
    top, _, below = catalogue.canonical(dotted).partition(".")
    if load_library(top) is None:
        return False
    return below in written(top) or any(pattern.fullmatch(below) for pattern in _patterns(top))


def module_wide(top: str, modules: set[str], classes: set[str]) -> Iterator[str]:
    """The patterns of a data file that speak of a whole module, which is a default by another name."""
    for name in written(top):
        owner = f"{top}.{name[:-2]}"
        if name == "*" or (name.endswith(".*") and owner in modules and owner not in classes):
            yield name
