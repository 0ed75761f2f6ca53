"""Where a program's files are: in a folder, or in an archive that is run as a whole (`python app.pyz`)."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Protocol

MAIN = "__main__.py"


class Files(Protocol):
    """What is at a path below an import root."""

    def is_file(self, path: Path) -> bool: ...

    def is_dir(self, path: Path) -> bool: ...

    def read_bytes(self, path: Path) -> bytes: ...

    def on_disk(self, path: Path) -> Path: ...


class Folder:
    """Files as they are on the disk."""

    def is_file(self, path: Path) -> bool:
        return path.is_file()

    def is_dir(self, path: Path) -> bool:
        return path.is_dir()

    def read_bytes(self, path: Path) -> bytes:
        return path.read_bytes()

    def on_disk(self, path: Path) -> Path:
        """The file on the disk that holds a path."""
        return path


class Archive:
    """Files in a zip archive; their paths begin with the archive's own, as Python's import system has it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @cached_property
    def _names(self) -> frozenset[str]:
        from zipfile import ZipFile

        with ZipFile(self._root) as archive:
            return frozenset(archive.namelist())

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def is_file(self, path: Path) -> bool:
        return self._name(path) in self._names

    def is_dir(self, path: Path) -> bool:
        folder = f"{self._name(path)}/"
        return any(name.startswith(folder) for name in self._names)

    def read_bytes(self, path: Path) -> bytes:
        from zipfile import ZipFile

        with ZipFile(self._root) as archive:
            return archive.read(self._name(path))

    def on_disk(self, path: Path) -> Path:
        """The file on the disk that holds a path."""
        return self._root


def files_below(root: Path) -> Files:
    """The files of the program whose import root is `root`."""
    return Archive(root) if root.is_file() else Folder()


def main_file(script: Path) -> Path:
    """The file, absolute, whose code runs when Python is given `script`: the `__main__` of a folder or an archive."""
    path = script.absolute()
    return path / MAIN if path.is_dir() or _is_archive(path) else path


def is_there(path: Path) -> bool:
    """Whether a main file is there, on the disk or in an archive."""
    return path.is_file() or (path.name == MAIN and _is_archive(path.parent) and Archive(path.parent).is_file(path))


def _is_archive(path: Path) -> bool:
    if path.suffix == ".py" or not path.is_file():
        return False
    from zipfile import is_zipfile

    return is_zipfile(path)
