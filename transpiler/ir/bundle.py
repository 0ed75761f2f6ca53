"""What `emit` makes: the generated program with its manifest; it writes itself to a directory and reads itself back."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, TypedDict, cast

FORMAT = 1
Segment: TypeAlias = tuple[int, int, int]


class StepRecord(TypedDict):
    """One step of the manifest; lines and columns from 1, columns in characters."""

    name: str
    callee: str
    effect: str
    module: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str
    reason: list[str]
    policy: dict[str, int | float | str]
    said: bool


class DiagnosticRecord(TypedDict):
    """One diagnostic of the manifest."""

    code: str
    name: str
    severity: str
    file: str
    line: int
    column: int
    message: str


class ModuleRecord(TypedDict):
    """One module of the manifest; `segments` are [generated offset, original offset, length] of verbatim text."""

    name: str
    path: str
    is_package: bool
    sha256: str
    segments: list[list[int]]


class Manifest(TypedDict):
    """manifest.json."""

    format: int
    program: str
    root: str
    entry: str
    mode: Literal["script", "module"]
    package: str
    hash: str
    created_with: dict[str, str]
    modules: list[ModuleRecord]
    steps: list[StepRecord]
    diagnostics: list[DiagnosticRecord]
    libraries: list[str]
    shims: list[str]
    policies: list[tuple[str, dict[str, int | float | str]]]


@dataclass(frozen=True)
class BundleModule:
    """One generated module beside its original; generated[g:g+n] == source[o:o+n] for every segment (g, o, n)."""

    name: str
    path: Path
    relative: str
    is_package: bool
    source: str = field(repr=False)
    generated: str = field(repr=False)
    segments: tuple[Segment, ...] = field(repr=False)

    @property
    def file_name(self) -> str:
        """The name of this module's file inside a bundle."""
        return f"{self.name}.__init__.py" if self.is_package else f"{self.name}.py"


@dataclass(frozen=True)
class Bundle:
    """A compiled program; `hash` is of its content, whatever directory it was compiled in."""

    manifest: Manifest
    modules: tuple[BundleModule, ...]
    workflow: str = field(repr=False)

    @property
    def hash(self) -> str:
        """The content hash, hexadecimal."""
        return self.manifest["hash"]

    def module(self, name: str) -> BundleModule:
        """The module of that name; KeyError if the program has none."""
        for module in self.modules:
            if module.name == name:
                return module
        raise KeyError(name)

    def write(self, directory: Path) -> None:
        """The bundle as files below `directory` (made if absent): files 0600, directories 0700, each file atomic."""
        for folder in (directory, directory / "modules", directory / "sources"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for module in self.modules:
            write_private(directory / "modules" / module.file_name, module.generated)
            write_private(directory / "sources" / module.file_name, module.source)
        write_private(directory / "workflow.py", self.workflow)
        write_private(directory / "manifest.json", json.dumps(self.manifest, indent=1) + "\n")

    @staticmethod
    def load(directory: Path) -> Bundle:
        """The bundle written to `directory`; FileNotFoundError if none, ValueError if its format is not ours."""
        manifest = cast(Manifest, json.loads(_read(directory / "manifest.json")))
        if manifest["format"] != FORMAT:
            raise ValueError(f"{directory}: bundle format {manifest['format']}, this durable reads {FORMAT}")
        modules = tuple(_load_module(directory, Path(manifest["root"]), record) for record in manifest["modules"])
        return Bundle(manifest, modules, _read(directory / "workflow.py"))


def content_hash(manifest: Manifest, modules: tuple[BundleModule, ...]) -> str:
    """The hash, hexadecimal, of what a bundle does: not of where or with what it was made."""
    elsewhere = ("root", "created_with", "hash", "diagnostics")
    content = {key: value for key, value in manifest.items() if key not in elsewhere}
    text = json.dumps([content, [module.generated for module in modules]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _load_module(directory: Path, root: Path, record: ModuleRecord) -> BundleModule:
    segments = tuple((generated, original, length) for generated, original, length in record["segments"])
    module = BundleModule(record["name"], root / record["path"], record["path"], record["is_package"], "", "", segments)
    source = _read(directory / "sources" / module.file_name)
    generated = _read(directory / "modules" / module.file_name)
    return BundleModule(module.name, module.path, module.relative, module.is_package, source, generated, segments)


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def write_private(path: Path, text: str) -> None:
    """`text` in a file that only its owner can read, in one step: nobody ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    temporary.replace(path)
