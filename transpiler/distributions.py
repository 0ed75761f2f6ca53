"""Which installed distribution a module comes from, and in which version."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import Distribution, distribution, packages_distributions

STDLIB = "python"
UNKNOWN = "-"


class Distributions:
    """The distributions on `sys.path`; a module that belongs to none stands for itself, without a version."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str]] = {}

    def of(self, name: str) -> tuple[str, str]:
        """Name and version of the distribution of a module, or of a callable by its dotted name."""
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            return STDLIB, platform.python_version()
        candidates = sorted(set(self._by_top.get(top, ())))
        if len(candidates) > 1:  # a namespace package, as `google`
            return self._named(max(candidates, key=lambda one: self._depth(one, name.split("."))), top)
        return self._named(candidates[0] if candidates else top, top)

    @cached_property
    def _by_top(self) -> dict[str, Sequence[str]]:
        return dict(packages_distributions())

    def _named(self, name: str, top: str) -> tuple[str, str]:
        if name not in self._known:
            found = _find(name)
            self._known[name] = (found.metadata["Name"], found.version) if found is not None else (top, UNKNOWN)
        return self._known[name]

    def _depth(self, name: str, parts: list[str]) -> int:
        """How many parts of a dotted name are folders or files of a distribution."""
        found = _find(name)
        paths = [path.with_suffix("").parts for path in (found.files or ()) if path.suffix == ".py"] if found else []
        return max((_common(path, parts) for path in paths), default=0)


def _find(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except (ImportError, ValueError):
        return None


def _common(path: Sequence[str], parts: Sequence[str]) -> int:
    same = 0
    for one, other in zip(path, parts, strict=False):
        if one != other:
            break
        same += 1
    return same
