"""A small edit of the source is a small edit of the generated module, and leaves the names of other steps alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median

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
    assert changed(old, new) <= 5
    names = {step["name"] for step in before.manifest["steps"]}
    assert names <= {step["name"] for step in after.manifest["steps"]}


def test_the_same_text_gives_the_same_bundle(tmp_path: Path) -> None:
    assert compiled(tmp_path, LINES) == compiled(tmp_path, LINES)
    assert compiled(tmp_path, LINES).hash != compiled(tmp_path, [*LINES, "main()"]).hash


def changed(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines differ."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return sum(max(b - a, d - c) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal")


ROOT = Path(__file__).resolve().parent.parent.parent
EDITED = [
    ROOT / "examples" / "orders" / "orders.py",
    *((ROOT / "tests" / "labelled" / f"{name}.py") for name in ("backup_home", "etl_orders", "deploy_service")),
    *(
        (ROOT / "tests" / "labelled" / f"{name}.py")
        for name in ("invoices", "imap_tickets", "untyped_pipeline", "github_release")
    ),
]
Lines = list[str]


def statements(lines: Lines) -> list[ast.stmt]:
    """The statements of one line inside functions, in the order of the text."""
    tree = ast.parse("\n".join(lines))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    bodies = [one for function in functions for one in ast.walk(function) if isinstance(one, (ast.Expr, ast.Assign))]
    simple = [one for one in bodies if one.lineno == one.end_lineno and not isinstance(one.value, ast.Constant)]
    return sorted(simple, key=lambda one: one.lineno)


def inserted(text: str) -> Callable[[Lines, int], Lines]:
    """An edit: a line more before the statement in a line, with its indent."""

    def edit(lines: Lines, index: int) -> Lines:
        indent = lines[index][: len(lines[index]) - len(lines[index].lstrip())]
        return [*lines[:index], f"{indent}{text}" if text else "", *lines[index:]]

    return edit


def appended(lines: Lines, index: int) -> Lines:
    return [*lines[:index], f"{lines[index]}  # seen", *lines[index + 1 :]]


def guarded(lines: Lines, index: int) -> Lines:
    """An edit: the statement becomes the body of an `if` on its line."""
    indent = lines[index][: len(lines[index]) - len(lines[index].lstrip())]
    return [*lines[:index], f"{indent}if True: {lines[index].strip()}", *lines[index + 1 :]]


def renumbered(lines: Lines, index: int) -> Lines:
    """An edit: the first number of the program is another one."""
    at = next(number for number, line in enumerate(lines) if re.search(r"\b[1-9]\d*\b", line) and '"""' not in line)
    return [*lines[:at], re.sub(r"\b([1-9]\d*)\b", r"1\1", lines[at], count=1), *lines[at + 1 :]]


def imported(lines: Lines, index: int) -> Lines:
    at = next(number for number, line in enumerate(lines) if line.startswith("import "))
    return [*lines[:at], "import string", *lines[at:]]


SCRIPTED: dict[str, Callable[[Lines, int], Lines]] = {
    "a comment above": inserted("# as agreed"),
    "a comment behind": appended,
    "a blank line": inserted(""),
    "an assignment": inserted("checked = True"),
    "a line printed": inserted('print("here")'),
    "a question": inserted('input("go on? ")'),
    "a condition": guarded,
    "a number": renumbered,
    "an import": imported,
}


def test_scripted_edits_change_one_line_and_rename_no_step(
    tmp_path: Path, stand_ins: Callable[[Sequence[Path]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(stand_ins(EDITED)))
    counts = [count for program in EDITED for count in _edits(program, tmp_path)]
    print(f"{len(counts)} edits change {median(counts):g} lines in the middle and {max(counts)} at most")
    assert len(counts) >= 50
    assert median(counts) == 1
    assert max(counts) <= 5


def _edits(program: Path, folder: Path) -> Iterator[int]:
    """How many generated lines each of the scripted edits of a program changes."""
    lines = program.read_text(encoding="utf-8").splitlines()
    places = statements(lines)
    before = compiled(folder, lines)
    for number, (name, edit) in enumerate(SCRIPTED.items()):
        edited = edit(lines, places[(number * 7 + 3) % len(places)].lineno - 1)
        assert changed(lines, edited) == 1, name
        after = compiled(folder, edited)
        _assert_same_names(before, after, lines, edited)
        old, new = (bundle.module("__main__").generated.splitlines() for bundle in (before, after))
        yield changed(old, new)


def _assert_same_names(before: Bundle, after: Bundle, lines: Lines, edited: Lines) -> None:
    """Every step in a line that the edit leaves alone has the name that it had."""
    names = [
        {(step["line"], step["column"]): step["name"] for step in one.manifest["steps"]} for one in (before, after)
    ]
    for tag, start, end, to, _ in SequenceMatcher(None, lines, edited, autojunk=False).get_opcodes():
        for line in range(start, end) if tag == "equal" else ():
            here, there = (
                [name for (row, _), name in sorted(one.items()) if row == at]
                for one, at in zip(names, (line + 1, line + 1 + to - start), strict=True)
            )
            assert here == there
