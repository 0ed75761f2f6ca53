"""A small edit of the source is a small edit of the generated module, and leaves the names of other steps alone."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import pytest

from durable.transpiler.ir.bundle import Bundle
from durable.transpiler.pipeline import CompileOptions, compile_program

LINES = """\
import requests


def fetch(name):
    print(name)
    return requests.get(name).text


def main():
    for name in ["a", "b"]:
        text = fetch(name)
        print(text)
        requests.post("https://example.com", data=text)
    requests.post("https://example.com/done")


main()
""".splitlines()

EDITS = {
    "a read more": (4, "    requests.get('first')"),
    "a write more": (11, "        requests.put(name, data=text)"),
    "a shim more": (2, "from time import sleep, time"),
    "a builtin": (9, "    open(LIMIT).close()"),
    "a comment": (4, "    # something"),
    "a policy": (13, "    requests.post('https://example.com/done')  # durable: retries=3"),
    "a first line": (0, "import os"),
}


def compiled(folder: Path, lines: list[str]) -> Bundle:
    script = folder / "main.py"
    script.write_text("\n".join(lines) + "\n")
    return compile_program(script, CompileOptions(resolver="static"))


@pytest.mark.parametrize("name", EDITS)
def test_one_line_changes_at_most_five(name: str, tmp_path: Path) -> None:
    index, line = EDITS[name]
    before = compiled(tmp_path, LINES)
    after = compiled(tmp_path, [*LINES[:index], line, *LINES[index:]])
    old, new = (bundle.module("__main__").generated.splitlines() for bundle in (before, after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    changed = sum(max(b - a, d - c) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal")
    assert changed <= 5
    names = {step["name"] for step in before.manifest["steps"]}
    assert names <= {step["name"] for step in after.manifest["steps"]}


def test_the_same_text_gives_the_same_bundle(tmp_path: Path) -> None:
    assert compiled(tmp_path, LINES) == compiled(tmp_path, LINES)
    assert compiled(tmp_path, LINES).hash != compiled(tmp_path, [*LINES, "main()"]).hash
