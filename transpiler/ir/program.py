"""What `load` makes: the program's modules, parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from durable.transpiler.ir.diagnostic import Diagnostic

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True)
class SourceModule:
    """One file of the program under the name it is imported by; the entry is `__main__`. `sha256`: of its bytes.

    `parsed` is the text whose positions the tree has: `text`, unless the parser has lost or been spared something.
    """

    name: str
    path: Path
    relative: str
    is_package: bool
    package: str
    text: str = field(repr=False)
    sha256: str = field(repr=False)
    tree: cst.Module = field(repr=False, compare=False)
    parsed: str = field(repr=False, compare=False)


@dataclass(frozen=True)
class Program:
    """The entry script and every project-local module that it can import, entry first, then by name."""

    script: str
    root: Path
    mode: str
    package: str
    modules: tuple[SourceModule, ...]
    namespaces: frozenset[str]
    libraries: tuple[str, ...]
    absent: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]

    def is_local(self, name: str) -> bool:
        """Whether `name` is a module (or namespace package) of this program."""
        return name in self.namespaces or any(module.name == name for module in self.modules)

    def __str__(self) -> str:
        return "\n".join(f"{module.name} {module.relative}" for module in self.modules)
