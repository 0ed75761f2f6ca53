"""The benchmark of compiling: its programs compile, in the size asked for, and its section leaves the others alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from durable.transpiler.pipeline import CompileOptions, compile_program

BENCHMARKS = Path(__file__).resolve().parent.parent.parent / "benchmarks"


def test_programs_have_their_size_and_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from compiling import write_program  # type: ignore[import-not-found]

    script = write_program(tmp_path, 1000)
    lines = sum(len(path.read_text().splitlines()) for path in tmp_path.glob("*.py"))
    assert 900 <= lines <= 1100
    manifest = compile_program(script, CompileOptions(resolver="static")).manifest
    assert len(manifest["steps"]) >= 150
    assert [one for one in manifest["diagnostics"] if one["severity"] == "error"] == []


def test_a_section_is_written_anew_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "report", raising=False)
    from report import Section, replace_section  # type: ignore[import-not-found]

    page = tmp_path / "performance.md"
    replace_section(page, Section.COMPILING, "first")
    replace_section(page, Section.PEERS, "peers")
    replace_section(page, Section.COMPILING, "second")
    text = page.read_text()
    assert text.startswith(f"# Performance\n\n{Section.PEERS.heading}\n")
    assert text.endswith("\n\nsecond\n")
    assert "peers" in text
    assert "first" not in text
