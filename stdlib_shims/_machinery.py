"""Machinery: files that Python itself reads for a program (source lines for tracebacks, translations, imports).

They come with the interpreter and its packages, and what is cached depends on the process, so they are not recorded.
"""

from __future__ import annotations

import importlib._bootstrap_external as _importing
import sys
import types
from typing import Any

from durable.runner import context
from durable.runner.program import late
from durable.runner.program.post_import import as_import_system

_MODULES = frozenset(
    """linecache gettext inspect pkgutil encodings locale sysconfig site mimetypes importlib.metadata importlib.util
    importlib.resources importlib.resources._common importlib.resources.abc importlib.resources.readers
    importlib.abc importlib.metadata._adapters importlib._common zoneinfo zoneinfo._common zoneinfo._tzpath certifi.core
    tokenize pydoc ctypes.util _sitebuiltins traceback durable.runner.program.tracebacks""".split()
)
_BETWEEN = frozenset({"os", "pathlib", "genericpath", "posixpath", "posix", "codecs", "io", "contextlib", "zipfile"})


def is_machinery(frame: types.FrameType | None) -> bool:
    """Say whether the call that `frame` makes is Python's own doing; `frame` is the caller of a shim's function."""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name in _MODULES:
            return True
        if name not in _BETWEEN and not name.startswith("durable.stdlib_shims"):
            return False
        frame = frame.f_back
    return False


def install() -> None:
    """Let a library module's code, when a strand imports it, run as outside of the run: it may be loaded already."""
    loaders: Any = _importing._LoaderBasics  # type: ignore[attr-defined]
    real = loaders.exec_module
    if real.__module__ == __name__:
        return

    def exec_module(self: Any, module: types.ModuleType) -> None:
        run = context.current()
        if run is None or type(self).__module__.startswith("durable."):
            real(self, module)
        elif not (isinstance(self, _importing.SourceFileLoader) and late.execute(run, self, module)):
            with context.outside():
                real(self, module)

    as_import_system(exec_module)
    loaders.exec_module = exec_module


def caller(depth: int = 2) -> types.FrameType:
    """Return the frame that called the function which calls this."""
    return sys._getframe(depth)
