"""Places in a program's source as it was compiled: the lines around one, the text of a call, where an edit moved it."""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from durable.transpiler.ir.bundle import Bundle

_AROUND = 2
Learned = tuple[str, int, int, int]


def source_of(bundle: Bundle, file: str) -> str:
    """Return the text of `file` (absolute) that `bundle` was compiled from, empty if it is no module of it."""
    return next((module.source for module in bundle.modules if str(module.path) == file), "")


def excerpt(bundle: Bundle, file: str, line: int) -> str:
    """Return the lines of `file` around `line`, numbered, with a mark at that line."""
    lines = source_of(bundle, file).splitlines()
    first, last = max(1, line - _AROUND), min(len(lines), line + _AROUND)
    width = len(str(last))
    return "\n".join(
        f"{'>' if number == line else ' '} {number:>{width}} | {lines[number - 1]}".rstrip()
        for number in range(first, last + 1)
    )


def call_at(bundle: Bundle, file: str, line: int, column: int) -> str:
    """Return the outermost call that begins at a place (from 1, column in characters), in one layout; empty if none."""
    text = source_of(bundle, file)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    lines = text.splitlines(keepends=True)
    offset = len(lines[line - 1][: column - 1].encode()) if line <= len(lines) else -1
    for node in ast.walk(tree):  # the outer ones first
        if isinstance(node, ast.Call) and (node.lineno, node.col_offset) == (line, offset):
            return ast.unparse(node)
    return ""


def moved(learned: tuple[Learned, ...], old: Bundle, new: Bundle) -> tuple[Learned, ...]:
    """Return the learned places that an edit left as they were, by their lines in the new source."""
    found: list[Learned] = []
    lines: dict[str, dict[int, int]] = {}
    for file, line, column, since in learned:
        if file not in lines:
            lines[file] = _moved_lines(source_of(old, file), source_of(new, file))
        if line in lines[file]:
            found.append((file, lines[file][line], column, since))
    return tuple(found)


def _moved_lines(old: str, new: str) -> dict[int, int]:
    """Return the number in `new` of each line of `old` that is still there, from 1."""
    matcher = difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    blocks = matcher.get_matching_blocks()
    return {block.a + i + 1: block.b + i + 1 for block in blocks for i in range(block.size)}
