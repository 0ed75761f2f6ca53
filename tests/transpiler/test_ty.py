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
# Stands between the compiler and the real ty, and kills it after so many answers about definitions.
KILLS = """#!{python}
import json
import subprocess
import sys
import threading

server = subprocess.Popen([{ty!r}, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def message(stream):
    length = 0
    while (line := stream.readline()).strip():
        if line.lower().startswith(b"content-length"):
            length = int(line.partition(b":")[2])
    return stream.read(length)


def give():
    while data := message(sys.stdin.buffer):
        try:
            server.stdin.write(b"Content-Length: %d\\r\\n\\r\\n" % len(data) + data)
            server.stdin.flush()
        except OSError:
            return


threading.Thread(target=give, daemon=True).start()
left = {answers}
while data := message(server.stdout):
    answer = json.loads(data)
    if answer.get("id", 0) > 1 and "method" not in answer:
        if left == 0:
            server.kill()
            server.wait()
            break
        left -= 1
    sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(data) + data)
    sys.stdout.buffer.flush()
"""
TWO_MODULES = {
    "main.py": PROGRAM.replace("import sqlite3", "import sqlite3\nimport other"),
    "other.py": PROGRAM.replace("x.db", "y.db"),
}


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


@pytest.mark.parametrize("answers", [0, 1, 2, 3])
def test_the_real_one_is_killed_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: int) -> None:
    for name, text in TWO_MODULES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    whole = compile_program(tmp_path / "main.py", CompileOptions(resolver="ty"))
    least = compile_program(tmp_path / "main.py", CompileOptions(resolver="static"))
    killing = tmp_path / "killing-ty"
    killing.write_text(KILLS.format(python=sys.executable, ty=ty.find_ty(), answers=answers))
    killing.chmod(0o700)
    monkeypatch.setattr(ty, "find_ty", lambda: str(killing))
    bundle = compile_program(tmp_path / "main.py", CompileOptions())
    assert [(one["name"], one["severity"]) for one in bundle.manifest["diagnostics"]] == [("no-type-checker", "note")]
    assert set(callees(least)) <= set(callees(bundle))
    assert len(callees(least)) <= len(callees(bundle)) < len(callees(whole))


def test_it_hangs_and_reads_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hello = '{"jsonrpc":"2.0","id":1,"result":{}}'
    says = f"print('Content-Length: {len(hello)}\\r\\n\\r\\n{hello}', end='', flush=True)"
    monkeypatch.setattr(ty, "SECONDS", 1.0)
    monkeypatch.setattr(ty, "find_ty", lambda: fake(tmp_path, f"{says}; import time; time.sleep(1000)"))
    text = PROGRAM + "".join(f"    db.execute('SELECT {number}')\n" for number in range(700))
    bundle = compiled(tmp_path, text=text)
    assert callees(bundle) == ["sqlite3.connect"]
    assert "took too long" in bundle.manifest["diagnostics"][0]["message"]
