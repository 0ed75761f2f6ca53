"""Leaves of libraries which are steps by themselves, so that a call that the compiler could not resolve is right too.

`install()` patches the libraries that are loaded already at once and the others after their import; what is patched is
data: one small table per library (`tables.py`). Outside of runs and within steps a patched leaf is the library's own.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence

from durable.runner import context
from durable.runner.instrument.leaves import patch
from durable.runner.instrument.tables import TABLES

__all__ = ["install"]

_patched: set[str] = set()


def install() -> None:
    """Patch the loaded libraries now, the others when they are imported. Idempotent; imports nothing of theirs."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    for name in TABLES:
        if name in sys.modules:
            _patch(sys.modules[name])


def _patch(module: types.ModuleType) -> None:
    if module.__name__ in _patched:
        return
    _patched.add(module.__name__)
    with context.outside():
        for change in TABLES[module.__name__]:
            patch(module, change)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds a library's module as the others on `sys.meta_path` do, and has it patched when it has been executed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in TABLES or fullname in _patched:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader(importlib.abc.Loader):
    """Loads by the module's own loader, which is the one the module shows afterwards."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        _patch(module)


_FINDER = _Finder()
