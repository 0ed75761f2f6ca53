"""A text that CPython accepts → its libcst tree, and the text as that tree has it, which may lack some characters.

libcst forgets some layout (form feeds before a line, a continued blank line at the start) and lacks one piece of
Python's grammar: an annotated target in brackets, `(x): int`, whose brackets are taken away for it.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator

import libcst as cst

_FORGOTTEN = re.compile(r"^\f|^[ \t\f]*\\\r?\n|\r(?!\n)", re.MULTILINE)


def parse(text: str) -> tuple[cst.Module, str]:
    """The tree of `text` and the text whose positions it has; cst.ParserSyntaxError if libcst cannot read it."""
    try:
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError:
        bare = _without(text, _brackets(text))
        if bare == text:
            raise
        tree = cst.parse_module(bare)
        return tree, tree.code
    return tree, tree.code if _FORGOTTEN.search(text) else text


def _without(text: str, offsets: Iterator[int]) -> str:
    dropped = set(offsets)
    return "".join(char for offset, char in enumerate(text) if offset not in dropped)


def _brackets(text: str) -> Iterator[int]:
    """The offsets of the brackets around annotated targets that stand on one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    lines = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and node.target.end_lineno == node.lineno:
            line = text[lines[node.lineno - 1] :].encode()
            first = len(line[: node.col_offset].decode())
            opened = len(line[: node.target.col_offset].decode()) - first
            closed = len(line[: node.target.end_col_offset].decode())
            start = lines[node.lineno - 1]
            yield from (start + first + at for at in range(opened))
            if opened:
                yield from range(start + closed, text.index(":", start + closed))


class Alignment:
    """Where the characters of a parsed text stand in the whole one, of which some characters may have been dropped."""

    def __init__(self, text: str, parsed: str) -> None:
        self._from: list[int] = []
        self._shifts: list[int] = []
        if text != parsed:
            self._find(text, parsed)

    def _find(self, text: str, parsed: str) -> None:
        shift = 0
        for offset, char in enumerate(parsed):
            before = shift
            while text[offset + shift] != char:
                shift += 1
            if shift != before:
                self._from.append(offset)
                self._shifts.append(shift)

    def whole(self, offset: int) -> int:
        """The offset in the whole text of an offset in the parsed one."""
        index = bisect_right(self._from, offset) - 1
        return offset + self._shifts[index] if index >= 0 else offset
