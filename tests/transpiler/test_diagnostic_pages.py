"""Every diagnostic has a page; a lint's example gives it and can be silenced, what stands instead does not give it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from durable.transpiler.ir import diagnostic
from durable.transpiler.ir.diagnostic import LINTS, Kind
from durable.transpiler.pipeline import CompileOptions, compile_program

PAGES = Path(__file__).resolve().parent.parent.parent / "docs" / "diagnostics"
KINDS = [kind for kind in vars(diagnostic).values() if isinstance(kind, Kind)]
PROGRAMS = re.compile(r"^## (Example|Instead)\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def names(folder: Path, program: str) -> list[tuple[str, int]]:
    """The diagnostics of a program, by name and line."""
    script = folder / "main.py"
    script.write_text(program)
    found = compile_program(script, CompileOptions(resolver="static")).manifest["diagnostics"]
    return [(one["name"], one["line"]) for one in found]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_there_is_a_page(kind: Kind) -> None:
    page = (PAGES / f"{kind.name}.md").read_text()
    assert page.startswith(f"# {kind.code} {kind.name}\n")


def test_there_is_no_other_page() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", LINTS, ids=lambda kind: kind.name)
def test_a_lint_is_as_its_page_says(kind: Kind, tmp_path: Path) -> None:
    programs = dict(PROGRAMS.findall((PAGES / f"{kind.name}.md").read_text()))
    ((name, line),) = names(tmp_path, programs["Example"])
    assert name == kind.name
    assert names(tmp_path, programs["Instead"]) == []
    lines = programs["Example"].splitlines()
    lines[line - 1] += f"  # durable: ignore[{kind.name}]"
    assert names(tmp_path, "\n".join(lines) + "\n") == []
