"""Which file a module name means: the import root's first, as Python itself would search."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from pathlib import Path

from durable.transpiler.files import Files


@dataclass(frozen=True)
class Found:
    """A program-local module; path None: a namespace package."""

    path: Path | None
    is_package: bool


class Finder:
    """Finds modules below an import root and remembers in `absent` which files would change an answer if they came."""

    def __init__(self, root: Path, files: Files) -> None:
        self._root = root
        self._files = files
        self.absent: set[Path] = set()

    def find(self, name: str) -> Found | None:
        """The program's file for a dotted name, None if the root has none that Python would take."""
        *parents, last = name.split(".")
        if not parents and _is_built_in(name):
            return None
        place = self._root.joinpath(*parents) / last
        init, file = place / "__init__.py", place.with_name(f"{last}.py")
        for path, is_package in ((init, True), (file, False)):
            if self._files.is_file(path):
                return Found(path, is_package)
            self.absent.add(path)
        if self._files.is_dir(place) and (parents or not self.is_library(name)):
            return Found(None, True)
        return None

    def is_library(self, top: str) -> bool:
        """Whether a top-level module is found outside the root; namespace folders do not count."""
        return library_spec(top, self._root) is not None


def library_spec(top: str, root: Path) -> ModuleSpec | None:
    """How Python would find a top-level module if the root were not searched, None if not at all."""
    if top in sys.builtin_module_names:
        return BuiltinImporter.find_spec(top)
    if _is_built_in(top):
        return FrozenImporter.find_spec(top)
    elsewhere = [entry for entry in sys.path if entry and Path(entry) != root]
    spec = PathFinder.find_spec(top, elsewhere)
    if spec is not None:
        return spec
    for finder in sys.meta_path:
        if finder in (BuiltinImporter, FrozenImporter, PathFinder):
            continue
        spec = finder.find_spec(top, None)
        if spec is not None:
            return spec
    return None


def _is_built_in(name: str) -> bool:
    return name in sys.builtin_module_names or FrozenImporter.find_spec(name) is not None
