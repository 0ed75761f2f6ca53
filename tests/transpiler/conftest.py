"""Fixtures of the compiler's tests: the golden cases' files, and stand-ins for libraries that are not installed."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.md"))
SECTION = re.compile(r"^## (?P<title>[^\n]+)\n+```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
RESULTS = ("Steps", "Diagnostics", "Generated")


@pytest.fixture(scope="session")
def cases() -> Mapping[Path, dict[str, str]]:
    """The files of every golden case by name."""
    return {path: dict(_files(path.read_text(encoding="utf-8"))) for path in CASES}


def _files(document: str) -> Iterator[tuple[str, str]]:
    for match in SECTION.finditer(document):
        if not match["title"].startswith(RESULTS):
            yield match["title"], match["text"]


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[Path]], Path]:
    """Makes a folder of empty packages in the place of the libraries that programs import and that are absent."""

    def make(programs: Sequence[Path]) -> Path:
        folder = tmp_path_factory.mktemp("libraries")
        for name in sorted({name for program in programs for name in _imported(program)}):
            if importlib.util.find_spec(name.partition(".")[0]) is None:
                path = folder.joinpath(*name.split("."))
                path.mkdir(parents=True, exist_ok=True)
                for package in (path, *path.parents):
                    if package != folder and package.is_relative_to(folder):
                        (package / "__init__.py").touch()
        return folder

    return make


def _imported(program: Path) -> Iterator[str]:
    """The modules that a program imports, those beside it left out."""
    for node in ast.walk(ast.parse(program.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            if not (program.with_name(top).exists() or program.with_name(f"{top}.py").exists()):
                yield name
