"""A hook that is called with a module right after that has been imported, whoever imports it."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from durable.runner.codec.frames import hide


def as_import_system(function: Any) -> None:
    """Let `warnings` and tracebacks of imports pass over the frames of `function` as over the import system's.

    An `import` statement cuts the frames of files of these names off what is raised in a module (import.c), up to
    `_call_with_frames_removed`, which must be what calls the module's code.
    """
    function.__code__ = function.__code__.replace(co_filename="<frozen importlib._bootstrap_external>")
    hide(function.__code__)


class PostImport(importlib.abc.MetaPathFinder):
    """Finds the modules that `wants(name)` names as the others on `sys.meta_path` do, and calls `then(module)`."""

    def __init__(self, wants: Callable[[str], bool], then: Callable[[types.ModuleType], None]) -> None:
        self._wants = wants
        self._then = then

    def install(self) -> None:
        """Begin; idempotent."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Leave modules alone that are imported from now on."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not self._wants(fullname):
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, self._then)
                return spec
        return None


class _Loader(importlib.abc.Loader):
    """Loads by the module's own loader, which is the one the module shows afterwards."""

    def __init__(self, loader: importlib.abc.Loader, then: Callable[[types.ModuleType], None]) -> None:
        self._loader = loader
        self._then = then

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._then(module)


as_import_system(_Loader.exec_module)
