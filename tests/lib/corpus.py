"""The corpus: every program of tests/programs, and how `durable verify` is asked for it."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "programs"
"""What a program is given (arguments, input, outside world) stands in its pyproject.toml."""


@dataclass(frozen=True)
class Program:
    """A program as it is named behind `durable verify`: a file, a folder, or `-m` and a module."""

    command: tuple[str, ...]
    main: Path

    @property
    def name(self) -> str:
        return self.command[-1]

    @property
    def shows(self) -> str:
        """The first line of its docstring."""
        return (ast.get_docstring(ast.parse(self.main.read_bytes())) or "").partition("\n")[0]

    @property
    def digest(self) -> str:
        """A hash of its files, those beside the main module of a package included."""
        files = [self.main] if self.main.parent == FOLDER else sorted(self.main.parent.rglob("*.py"))
        return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


def corpus() -> list[Program]:
    """All programs, by name: files, packages (`-m`), and folders that hold a `__main__.py` but are no package."""
    found = [Program((path.name,), path) for path in FOLDER.glob("*.py")]
    for path in FOLDER.glob("*/__main__.py"):
        is_package = (path.parent / "__init__.py").exists()
        found.append(Program(("-m", path.parent.name) if is_package else (path.parent.name,), path))
    for path in FOLDER.glob("*/*/__main__.py"):
        found.append(Program(("-m", ".".join(path.parent.relative_to(FOLDER).parts)), path))
    return sorted(found, key=lambda program: program.name)
