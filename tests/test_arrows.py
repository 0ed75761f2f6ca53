"""The arrows of docs/architecture.md, read from the imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOPS = ("transpiler", "runner", "stdlib_shims")
# What the shims may use of the run-time core.
SHIM_INTERFACE = (
    "context",
    "run",
    "errors",
    "core",
    "codec",
    "program",
    "sites",
    "spec",
    "steps",
    "resources",
    "standing",
)


def imports_of(path: Path) -> set[str]:
    """Return the durable modules that a file imports, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.ImportFrom) and node.level:
            found.add("relative")
    return {name for name in found if name.startswith("durable.") or name == "relative"}


def files(top: str) -> list[Path]:
    return sorted((ROOT / top).rglob("*.py"))


@pytest.mark.parametrize("top", TOPS)
def test_imports_are_absolute(top: str) -> None:
    assert [str(path) for path in files(top) if "relative" in imports_of(path)] == []


def test_the_transpiler_imports_neither_runner_nor_shims() -> None:
    bad = [
        (path.name, name)
        for path in files("transpiler")
        for name in imports_of(path)
        if name.startswith(("durable.runner", "durable.stdlib_shims"))
    ]
    assert bad == []


def test_the_shims_use_the_interface_of_the_core() -> None:
    allowed = tuple(f"durable.runner.{name}" for name in SHIM_INTERFACE)
    bad = [
        (path.name, name)
        for path in files("stdlib_shims")
        for name in imports_of(path)
        if name.startswith("durable.runner") and name != "durable.runner" and not name.startswith(allowed)
    ]
    assert bad == []


def test_only_the_temporal_package_imports_temporalio() -> None:
    bad = [
        str(path)
        for top in TOPS
        for path in files(top)
        if "temporal" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(
            name.startswith("temporalio")
            for name in (getattr(node, "module", None) or "", *(a.name for a in node.names))
        )
    ]
    assert bad == []
