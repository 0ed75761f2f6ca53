"""Generated text → code object that claims to be the original: its file, lines and columns, so tracebacks are Python's.

Positions of the generated syntax tree go through the source map's segments back to the original text. Python counts
columns in UTF-8 bytes, segments count characters.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from types import CodeType

from durable.transpiler.ir.bundle import BundleModule, Segment

_NEWLINE = re.compile(r"\r\n?|\n")
_MANY_ARGUMENTS = 30
_Position = tuple[int, int]


def code_object(module: BundleModule, *, optimize: int = -1) -> CodeType:
    """The code of a generated module under the original's name and positions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(module.generated, str(module.path))
    _Remapper(module, frozenset(_imported(tree.body))).visit(tree)
    return compile(tree, str(module.path), "exec", dont_inherit=True, optimize=optimize)


class _Lines:
    """Lines and byte columns of one text ↔ its character offsets."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]
        self._is_ascii = text.isascii()

    def offset(self, line: int, column: int) -> int:
        start = self._starts[min(line, len(self._starts)) - 1]
        if self._is_ascii:
            return min(start + column, len(self._text))
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        prefix = self._text[start:end].encode()[:column]
        return start + len(prefix.decode(errors="ignore"))

    def position(self, offset: int) -> _Position:
        line = bisect_right(self._starts, offset)
        start = self._starts[line - 1]
        column = offset - start if self._is_ascii else len(self._text[start:offset].encode())
        return line, column


class _Remapper(ast.NodeVisitor):
    """Moves every node of a generated tree to where its original stands."""

    def __init__(self, module: BundleModule, imported: frozenset[str]) -> None:
        self._imported = imported
        self._generated = _Lines(module.generated)
        self._original = _Lines(module.source)
        self._segments = module.segments
        self._news = [segment[0] for segment in module.segments]
        self._end = len(module.source)

    def visit(self, node: ast.AST) -> None:
        """Children first: a wrapped call's place depends on its callee's generated one."""
        for child in ast.iter_child_nodes(node):
            self.visit(child)
        if isinstance(node, (ast.expr, ast.stmt, ast.excepthandler, ast.arg, ast.keyword, ast.alias, ast.pattern)):
            self._move(node)
            if isinstance(node, ast.Call):
                _stand_at_attribute(node, self._imported)

    def _move(
        self, node: ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword | ast.alias | ast.pattern
    ) -> None:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._start(self._generated.offset(node.lineno, node.col_offset))
        end = max(start, self._stop(self._generated.offset(node.end_lineno, node.end_col_offset)))
        node.lineno, node.col_offset = self._original.position(start)
        node.end_lineno, node.end_col_offset = self._original.position(end)

    def _start(self, new: int) -> int:
        """Inserted text begins where the next verbatim text does."""
        index = bisect_right(self._news, new) - 1
        if index >= 0 and new < _new_end(self._segments[index]):
            return self._segments[index][1] + new - self._segments[index][0]
        return self._segments[index + 1][1] if index + 1 < len(self._segments) else self._end

    def _stop(self, new: int) -> int:
        """Inserted text ends where the last verbatim text did."""
        index = bisect_right(self._news, new - 1) - 1
        if index < 0:
            return 0
        generated, original, length = self._segments[index]
        return original + min(new - generated, length)


def _new_end(segment: Segment) -> int:
    return segment[0] + segment[2]


def _imported(body: Sequence[ast.stmt]) -> Iterator[str]:
    """The names that imports bind at the top of a module, in whatever branch."""
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for child in ast.iter_child_nodes(statement):
                inner = [child] if isinstance(child, ast.stmt) else getattr(child, "body", [])
                yield from _imported(inner if isinstance(inner, list) else [])


def _stand_at_attribute(call: ast.Call, imported: frozenset[str]) -> None:
    """CPython 3.11 gives a method call over several lines the place of the method's name; so here, though wrapped.

    It does so (compile.c, maybe_optimize_method_call) unless the object is an imported name or arguments are spread.
    """
    wrapper = call.func
    if not (isinstance(wrapper, ast.Call) and _is_inserted(wrapper)):
        return
    callee = wrapper.args[0]
    if not isinstance(callee, ast.Attribute) or callee.end_lineno == call.lineno or _is_spread(call):
        return
    if isinstance(callee.value, ast.Name) and callee.value.id in imported:
        return
    assert callee.end_lineno is not None
    assert callee.end_col_offset is not None
    call.lineno = callee.end_lineno
    call.col_offset = callee.end_col_offset - len(callee.attr)


def _is_inserted(wrapper: ast.Call) -> bool:
    """Whether `wrapper(x)` stands nowhere in the original: it begins and ends where its only argument does."""
    if len(wrapper.args) != 1 or wrapper.keywords:
        return False
    argument = wrapper.args[0]
    return (wrapper.lineno, wrapper.col_offset) == (argument.lineno, argument.col_offset) and (
        wrapper.end_lineno,
        wrapper.end_col_offset,
    ) == (argument.end_lineno, argument.end_col_offset)


def _is_spread(call: ast.Call) -> bool:
    if len(call.args) + len(call.keywords) + bool(call.keywords) >= _MANY_ARGUMENTS:
        return True
    return any(isinstance(argument, ast.Starred) for argument in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )
