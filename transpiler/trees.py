"""Walking libcst trees quickly: only the nodes that mean something, no white space, no punctuation."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, cast

import libcst as cst
from libcst.metadata import CodeRange, PositionProvider

from durable.transpiler.ir.resolved import Span
from durable.transpiler.parsing import Alignment

_LAYOUT = frozenset(
    {
        *("lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "comma", "semicolon", "dot", "equal", "star"),
        *("leading_lines", "header", "footer", "trailing_whitespace", "lines_after_decorators", "newline", "indent"),
        *("operator", "asynchronous", "colon"),
    }
)
EXPRESSIONS: frozenset[type[cst.CSTNode]] = frozenset(
    {
        *(cst.Arg, cst.Attribute, cst.Await, cst.BinaryOperation, cst.BooleanOperation, cst.Call, cst.Comparison),
        *(
            cst.ComparisonTarget,
            cst.ConcatenatedString,
            cst.Dict,
            cst.DictElement,
            cst.Element,
            cst.Ellipsis,
            cst.Float,
        ),
        *(cst.FormattedString, cst.FormattedStringText, cst.IfExp, cst.Imaginary, cst.Index, cst.Integer, cst.List),
        *(cst.Name, cst.Set, cst.SimpleString, cst.Slice, cst.StarredDictElement, cst.StarredElement, cst.Subscript),
        *(cst.SubscriptElement, cst.Tuple, cst.UnaryOperation),
    }
)
"""The common kinds of nodes that bind no name and hold no statement (what is inside them may bind one)."""
LEAVES: frozenset[type[cst.CSTNode]] = frozenset(
    {cst.SimpleString, cst.FormattedStringText, cst.Integer, cst.Float, cst.Imaginary, cst.Ellipsis}
)
"""The kinds of nodes that have nothing inside them."""
_NEWLINE = re.compile(r"\r\n?|\n")


@cache
def _meaningful(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = tuple(field.name for field in fields(kind))
    return tuple(name for name in names if name not in _LAYOUT and not name.startswith("whitespace"))


@cache
def _is_node(kind: Any) -> bool:
    """Whether values of a type are nodes; asked of libcst's abstract classes once, for they answer slowly."""
    return issubclass(kind, cst.CSTNode)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The meaningful children of a node in the order of the text."""
    found: list[cst.CSTNode] = []
    for name in _meaningful(type(node)):
        value: Any = getattr(node, name)
        if type(value) is tuple or type(value) is list:
            found += [item for item in cast("Sequence[Any]", value) if _is_node(item.__class__)]
        elif value is not None and _is_node(value.__class__):
            found.append(value)
    return found


class _Positions(PositionProvider):
    """libcst's provider asked directly: its wrapper would go over the whole tree once more, for nothing."""

    def of(self, tree: cst.Module) -> dict[cst.CSTNode, CodeRange]:
        self._gen_impl(tree)
        return cast("dict[cst.CSTNode, CodeRange]", self._computed)


def positions(tree: cst.Module) -> dict[cst.CSTNode, CodeRange]:
    """Where each node of a module stands."""
    return _Positions().of(tree)


def dotted(node: cst.CSTNode | None) -> str | None:
    """`a.b.c` of a chain of names; None for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        base = dotted(node.value)
        return None if base is None else f"{base}.{node.attr.value}"
    return None


def alias_name(alias: cst.ImportAlias) -> str:
    """The dotted name that an import alias imports."""
    name = dotted(alias.name)
    assert name is not None, "an import alias is a chain of names"
    return name


def bound_name(alias: cst.ImportAlias) -> str | None:
    """The `x` of `import … as x`, None without it."""
    return dotted(alias.asname.name) if alias.asname is not None else None


def lines_of(text: str) -> list[str]:
    """The lines of a Python text with their ends; what `str.splitlines` breaks besides are no lines to Python."""
    starts = [*_starts(text), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(starts) if start < end]


def _starts(text: str) -> list[int]:
    return [0, *(match.end() for match in _NEWLINE.finditer(text))]


class Text:
    """A module's text with the offsets of its lines; turns libcst's positions, those of `parsed`, into spans."""

    def __init__(self, text: str, parsed: str | None = None) -> None:
        self.text = text
        self._starts = _starts(text)
        self._alignment = None if parsed is None or parsed == text else Alignment(text, parsed)
        self._parsed_starts = self._starts if self._alignment is None or parsed is None else _starts(parsed)

    def offset(self, line: int, column: int) -> int:
        """The character offset of a line (from 1) and column (from 0)."""
        return self._starts[line - 1] + column

    def span(self, where: CodeRange) -> Span:
        """A code range as a span."""
        start, end = where.start, where.end
        if self._alignment is not None:
            begin = self._alignment.whole(self._parsed_starts[start.line - 1] + start.column)
            stop = self._alignment.whole(self._parsed_starts[end.line - 1] + end.column - 1) + 1
            return Span(begin, stop, *self._place(begin), *self._place(stop))
        return Span(
            self.offset(start.line, start.column),
            self.offset(end.line, end.column),
            start.line,
            start.column + 1,
            end.line,
            end.column + 1,
        )

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1."""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end]

    @property
    def starts(self) -> list[int]:
        """The offset at which each line starts."""
        return self._starts
