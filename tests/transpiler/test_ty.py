"""The second resolver: what ty adds, and that nothing depends on it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from durable.transpiler.errors import ProgramError
from durable.transpiler.ir.bundle import Bundle
from durable.transpiler.pipeline import CompileOptions, compile_program
from durable.transpiler.resolve import ty

PROGRAM = """\
import contextlib
import sqlite3

with contextlib.closing(sqlite3.connect("x.db")) as db:
    ä = "ö"; db.execute("DELETE FROM t")
    db.execute("SELECT 1")
"""
DIES = """#!{python}
import sys
for _ in range({lines}):
    sys.stdin.buffer.readline()
{last}
"""


def compiled(folder: Path, resolver: str = "auto", text: str = PROGRAM) -> Bundle:
    (folder / "main.py").write_text(text, encoding="utf-8")
    return compile_program(folder / "main.py", CompileOptions(resolver=resolver))


def callees(bundle: Bundle) -> list[str]:
    return [step["callee"] for step in bundle.manifest["steps"]]


def fake(folder: Path, last: str, lines: int = 1) -> str:
    path = folder / "fake-ty"
    path.write_text(DIES.format(python=sys.executable, lines=lines, last=last))
    path.chmod(0o700)
    return str(path)


def test_method_calls_are_followed(tmp_path: Path) -> None:
    bundle = compiled(tmp_path, "ty")
    assert [(step["callee"], step["effect"]) for step in bundle.manifest["steps"]] == [
        ("sqlite3.connect", "open"),
        ("sqlite3.Connection.execute", "write"),
        ("sqlite3.Connection.execute", "read"),
    ]
    assert 'write(db.execute)("DELETE' in bundle.module("__main__").generated


def test_without_it_calls_stay_open(tmp_path: Path) -> None:
    assert callees(compiled(tmp_path, "static")) == ["sqlite3.connect"]


def test_it_is_not_started_when_nothing_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ty, "LanguageServer", None)
    compiled(tmp_path, "ty", "import sqlite3\nsqlite3.connect('x').execute('SELECT 1')\n")


@pytest.mark.parametrize(
    "last",
    [
        "",
        "sys.stdout.write('nonsense' * 100)",
        "sys.stdout.write('Content-Length: 5\\r\\n\\r\\n{{{{{')",
        "sys.exit(1)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    ],
)
def test_it_dies_or_says_nonsense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str) -> None:
    monkeypatch.setattr(ty, "find_ty", lambda: fake(tmp_path, last))
    bundle = compiled(tmp_path)
    assert callees(bundle) == ["sqlite3.connect"]
    assert [(one["name"], one["severity"]) for one in bundle.manifest["diagnostics"]] == [("no-type-checker", "note")]


def test_it_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ty, "SECONDS", 0.5)
    monkeypatch.setattr(ty, "find_ty", lambda: fake(tmp_path, "import time; time.sleep(1000)"))
    assert "took too long" in compiled(tmp_path).manifest["diagnostics"][0]["message"]


@pytest.mark.parametrize("executable", [None, "/no/such/ty"])
def test_it_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: str | None) -> None:
    monkeypatch.setattr(ty, "find_ty", lambda: executable)
    assert compiled(tmp_path).manifest["diagnostics"][0]["name"] == "no-type-checker"
    with pytest.raises(ProgramError):
        compiled(tmp_path, "ty")
