"""Leaves of libraries which are steps by themselves, so that a call that the compiler could not resolve is right too.

`install()` patches the libraries that are loaded already at once and the others after their import; what is patched is
data: one small table per library (`tables.py`). Outside of runs and within steps a patched leaf is the library's own.
"""

from __future__ import annotations

import sys
import types

from durable.runner import context
from durable.runner.instrument.leaves import patch
from durable.runner.instrument.tables import TABLES
from durable.runner.program.post_import import PostImport

__all__ = ["install"]

_patched: set[str] = set()


def install() -> None:
    """Patch the loaded libraries now, the others when they are imported. Idempotent; imports nothing of theirs."""
    _HOOK.install()
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


def _is_wanted(name: str) -> bool:
    return name in TABLES and name not in _patched


_HOOK = PostImport(_is_wanted, _patch)
