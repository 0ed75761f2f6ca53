"""Compound statements that a comment marks as one step: what a function made of each must be given and give back."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from durable.transpiler.ir.resolved import Block, Leaving, Span
from durable.transpiler.resolve.assigned import (
    Compound,
    Scope,
    assigned_after,
    assigned_before,
    bound_by,
    loads,
    read_first,
    stores,
)
from durable.transpiler.trees import Text, lines_of

_KINDS: dict[type[ast.stmt], str] = {
    ast.With: "with",
    ast.For: "for",
    ast.While: "while",
    ast.If: "if",
    ast.Try: "try",
    ast.TryStar: "try",
    ast.Match: "match",
    ast.AsyncWith: "async with",
    ast.AsyncFor: "async for",
}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LOOPS = (ast.For, ast.While, ast.AsyncFor)


def blocks_of(text: str, lines: Sequence[int]) -> Iterator[Block]:
    """The blocks of which a head stands in one of `lines`."""
    if not lines:
        return
    tree = ast.parse(text)
    for line in sorted(set(lines)):
        path = _path_to(tree, line)
        if path:
            yield _Outliner(text, path, line).block()


def _path_to(tree: ast.Module, line: int) -> list[ast.AST]:
    """The nodes from the module to the compound statement whose head includes a line; none if there is none."""
    path: list[ast.AST] = [tree]
    while True:
        node = path[-1]
        if isinstance(node, tuple(_KINDS)) and isinstance(node, ast.stmt) and node.lineno <= line < _body_line(node):
            return path
        inner = [
            child
            for child in _statements(node)
            if child.lineno <= line <= (child.end_lineno or child.lineno) or _first_line(child) == line
        ]
        if not inner:
            return []
        path.append(inner[-1])


def _statements(node: ast.AST) -> Iterator[ast.stmt | ast.ExceptHandler]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.ExceptHandler)):
            yield child
        elif isinstance(child, ast.match_case):
            yield from child.body


def _first_line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _body_line(node: ast.stmt) -> int:
    first: ast.AST = node.cases[0].pattern if isinstance(node, ast.Match) else getattr(node, "body")[0]  # noqa: B009
    return max(_first_line(first), node.lineno + 1)


@dataclass(frozen=True)
class _Names:
    """What a block does with names."""

    given: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]
    outs: tuple[str, ...]
    fault: str = ""


class _Outliner:
    """Makes the block of one statement."""

    def __init__(self, text: str, path: list[ast.AST], line: int) -> None:
        node = path[-1]
        assert isinstance(node, ast.stmt)
        self._text = Text(text)
        self._path = path
        self._node: Compound = node
        self._line = line
        self._lines = lines_of(text)

    def block(self) -> Block:
        """The block; with a fault if it cannot be a function."""
        node = self._node
        start = self._offset(node.lineno, node.col_offset)
        last = node.end_lineno or node.lineno
        end = self._text.starts[last] if last < len(self._text.starts) else len(self._text.text)
        indent = self._text.line(node.lineno)[: node.col_offset]
        column = node.col_offset + 1
        span = Span(start, end, node.lineno, column, node.lineno, column)
        found = Block(_KINDS[type(node)], span, self._line, end, indent, _unit(indent, self._lines), self._function())
        fault = self._fault()
        if fault:
            return replace(found, fault=fault)
        leavings = tuple(self._leavings())
        names = self._names(leavings)
        return replace(
            found,
            given=names.given,
            shared=names.shared,
            outs=names.outs,
            leavings=leavings,
            lines=tuple(self._starts(indent, last)),
            fault=names.fault,
        )

    def _function(self) -> str:
        names: list[str] = []
        for node in self._path:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names += [node.name, "<locals>"]
            elif isinstance(node, ast.ClassDef):
                names.append(node.name)
        return ".".join(names).removesuffix(".<locals>")

    def _fault(self) -> str:
        """Why the statement cannot be a function, whatever names it uses."""
        if self._text.text.startswith("elif", self._offset(self._node.lineno, self._node.col_offset)):
            return "an `elif` is no statement of its own; mark the `if` that it belongs to"
        if isinstance(self._scope_node(), ast.ClassDef):
            return "a block of a class body cannot be one step; compute it in a function"
        for node in _own(self._node):
            match node:
                case ast.Yield() | ast.YieldFrom():
                    return f"it yields in line {node.lineno}; a step gives one result"
                case ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                    return f"it awaits in line {node.lineno}; put what it does into a plain function"
                case ast.Delete():
                    if any(isinstance(target, ast.Name) for target in node.targets):
                        return f"it deletes a name in line {node.lineno}"
                case ast.ImportFrom(names=[ast.alias(name="*")]):
                    return f"it imports everything of a module in line {node.lineno}"
                case _:
                    pass
        return ""

    def _scope_node(self) -> ast.AST:
        scopes = (ast.Module, ast.ClassDef, *_FUNCTIONS)
        return next(node for node in reversed(self._path[:-1]) if isinstance(node, scopes))

    def _names(self, leavings: tuple[Leaving, ...]) -> _Names:
        """Which names the function takes, shares and returns."""
        outer = self._scope_node()
        scope = Scope.of(outer)
        inside = stores(self._node)
        before = assigned_before(self._path[self._path.index(outer) :]) | self._declared_outside(scope)
        after = assigned_after([self._node], before) or before
        is_in_loop = any(isinstance(node, _LOOPS) for node in self._path[self._path.index(outer) : -1])
        used = loads(outer, without=self._node) | (read_first([self._node], set()) if is_in_loop else set())
        mentioned = used | stores(outer, without=self._node) | scope.parameters
        shared = sorted(name for name in inside if name in mentioned or name in scope.declared)
        outs = [name for name in shared if name in used or name in scope.declared]
        fault = self._fault_of_names(outs, leavings, before, after)
        given = self._given(outer, scope, inside, before)
        how = {name: scope.keyword(name) for name in shared}
        return _Names(tuple(given), tuple(sorted((word, name) for name, word in how.items())), tuple(outs), fault)

    def _declared_outside(self, scope: Scope) -> set[str]:
        """Names declared `global` that the module gives a value, and those declared `nonlocal`."""
        module = assigned_after(Scope.of(self._path[0]).body, set()) or set()
        return set(scope.nonlocals) | (set(scope.globals) & module)

    def _fault_of_names(self, outs: list[str], leavings: tuple[Leaving, ...], before: set[str], after: set[str]) -> str:
        jumps = any(leaving.kind != "return" for leaving in leavings)
        for name in outs:
            if name not in (before if jumps else after):
                return f"`{name}` may have no value after it; give it one before the block"
            if name in bound_by(
                self._node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
            ):
                return (
                    f"`{name}` is a function, class or module made in it and used behind it; make it before the block"
                )
        return ""

    def _given(self, outer: ast.AST, scope: Scope, inside: set[str], before: set[str]) -> list[str]:
        """The variables that the block reads and may change in place; `self` first, for `super()`."""
        used = loads(self._node) - inside - scope.declared
        if "super" in used:
            used |= set(scope.order[:1])
        variables = scope.variables & before
        if not isinstance(outer, ast.Module):
            module = Scope.of(self._path[0])
            top = assigned_after(module.body, set()) or set()
            variables |= (module.variables & top) - scope.local
        order = {name: index for index, name in enumerate(scope.order)}
        return sorted(used & variables, key=lambda name: (order.get(name, len(order)), name))

    def _leavings(self) -> Iterator[Leaving]:
        todo: list[tuple[ast.AST, bool]] = [(self._node, isinstance(self._node, _LOOPS))]
        while todo:
            node, in_loop = todo.pop()
            if isinstance(node, ast.Return):
                value = None if node.value is None else self._range(node.value)
                yield Leaving("return", *self._range(node), value)
            elif isinstance(node, (ast.Break, ast.Continue)) and not in_loop:
                yield Leaving("break" if isinstance(node, ast.Break) else "continue", *self._range(node))
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                continue
            for child in ast.iter_child_nodes(node):
                is_else = isinstance(node, _LOOPS) and child in node.orelse
                inner = in_loop if not isinstance(node, _LOOPS) else not is_else or node is not self._node
                todo.append((child, inner))

    def _range(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        start = self._offset(node.lineno, node.col_offset)
        return start, self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        return self._text.starts[line - 1] + len(self._text.line(line).encode()[:column].decode())

    def _starts(self, indent: str, last: int) -> Iterator[int]:
        """Where the block's lines begin behind its indent: not the first, no blank ones, none inside of a text."""
        texts = set(_lines_of_texts(self._text.text))
        for line in range(self._node.lineno + 1, last + 1):
            content = self._text.line(line)
            if line not in texts and content.strip() and content.startswith(indent):
                yield self._text.starts[line - 1] + len(indent)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """A statement's nodes without those of functions and classes inside."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
            yield from _own(child)


def _lines_of_texts(text: str) -> Iterator[int]:
    """The lines that begin inside of a string."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING or "FSTRING" in tokenize.tok_name[token.type]:
            yield from range(token.start[0] + 1, token.end[0] + 1)


def _unit(indent: str, lines: list[str]) -> str:
    """What the text indents by."""
    if "\t" in indent:
        return "\t"
    found = (re.match(r"[ \t]+(?=\S)", line) for line in lines)
    first = next((match.group() for match in found if match is not None), "    ")
    return "\t" if first.startswith("\t") else "    "
