"""Data of modules that lie in zip archives, for `pkgutil.get_data` and `importlib.resources`."""

from __future__ import annotations

import os
from importlib.machinery import SourceFileLoader
from typing import Any
from zipimport import zipimporter

from durable.runner import context


class SourceLoader(SourceFileLoader):
    """A loader of modules from files, those in an archive too."""

    def get_data(self, path: str) -> bytes:
        return super().get_data(path) if self._is_file() else self._archive().get_data(path)

    def get_resource_reader(self, name: str | None = None) -> Any:
        name = name or self.name
        return super().get_resource_reader(name) if self._is_file() else self._archive().get_resource_reader(name)

    def _is_file(self) -> bool:
        return context.unrecorded(os.path.exists, self.path)

    def _archive(self) -> zipimporter:
        """Return what reads the archive that the module lies in."""
        depth = 2 if os.path.basename(self.path) == "__init__.py" else 1
        entry = os.sep.join(self.path.split(os.sep)[:-depth])
        return context.unrecorded(zipimporter, entry)
