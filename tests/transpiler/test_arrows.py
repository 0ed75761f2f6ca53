"""Who may import whom inside the compiler."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import durable.transpiler

HOME = Path(durable.transpiler.__file__).parent
PASSES = ("load", "resolve", "classify", "plan", "emit")
FILES = sorted(HOME.rglob("*.py"))
PREFIX = "durable.transpiler."


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(name: str) -> str:
    """The pass or module of the compiler that a dotted name lies in."""
    return name.removeprefix(PREFIX).partition(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_arrows(path: Path) -> None:
    own = path.relative_to(HOME).with_suffix("").parts[0]
    for name in imported(path):
        assert not re.match(r"durable\.(runner|stdlib_shims|runtime)\b", name)
        if not name.startswith(PREFIX) or own in ("pipeline", "__main__"):
            continue
        if part(name) in PASSES:
            assert part(name) == own
        if own in ("ir", "catalogue"):
            assert part(name) in ("ir", "catalogue", "errors")


@pytest.mark.parametrize(
    "module", ["catalogue", "ir.effects", "ir.bundle", "ir.plan", "ir.site", "codegen", "pipeline"]
)
def test_imports_no_parser(module: str) -> None:
    check = f"import sys, {PREFIX}{module}; sys.exit('libcst' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
