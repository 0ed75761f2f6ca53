"""What later passes need of a module's text besides: imports, `def` lines, policy comments, the header's place."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import replace

import libcst as cst
from libcst.metadata import CodeRange

from durable.transpiler.imports import Import, absolute_base
from durable.transpiler.ir.program import SourceModule
from durable.transpiler.ir.resolved import Comment, FunctionHeader, ImportedName, ImportStatement
from durable.transpiler.resolve.scopes import Scope
from durable.transpiler.trees import EXPRESSIONS, Text, alias_name, bound_name, children, dotted

Where = Mapping[cst.CSTNode, CodeRange]
_LAYOUT = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})
_POLICY = re.compile(r"#\s*durable:\s*(.*)")


def comments_of(text: str) -> Iterator[Comment]:
    """The `# durable: …` comments of a module; one on a line of its own speaks of the statement that follows it."""
    if "durable:" not in text:
        return
    waiting: list[tuple[str, int, int]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            match = _POLICY.match(token.string)
            is_alone = not token.line[: token.start[1]].strip()
            if match is not None and is_alone:
                waiting.append((match.group(1).strip(), *token.start))
            elif match is not None:
                yield Comment(match.group(1).strip(), token.start[0], token.start[1] + 1, token.start[0])
        elif token.type not in _LAYOUT:
            for words, line, column in waiting:
                yield Comment(words, line, column + 1, token.start[0] if column == token.start[1] else line)
            waiting.clear()


def functions_of(scopes: Mapping[cst.CSTNode, Scope], where: Where, text: Text) -> Iterator[FunctionHeader]:
    """Every `def` of a module, in the order of the text."""
    for node, scope in scopes.items():
        if isinstance(node, cst.FunctionDef):
            span = text.span(where[node])
            line = text.line(span.line)
            indent = line[: len(line) - len(line.lstrip(" \t\f"))]
            first = text.span(where[node.decorators[0]]).line if node.decorators else span.line
            last = max(span.line, text.span(where[node.body]).line - 1)
            yield FunctionHeader(scope.qualname, span, indent, node.asynchronous is not None, first, last)


def names_of(tree: cst.CSTNode) -> frozenset[str]:
    """Every name that a module mentions or binds, attributes and keywords of calls left out."""
    found: set[str] = set()
    todo = [tree]
    while todo:
        node = todo.pop()
        if type(node) is cst.Name:
            found.add(node.value)
        elif type(node) is cst.Attribute or type(node) is cst.Arg:
            todo.append(node.value)
        else:
            todo += children(node)
    return frozenset(found)


def mentions_of(tree: cst.CSTNode, scopes: Mapping[cst.CSTNode, Scope]) -> dict[str, frozenset[str]]:
    """The names and attributes that the code of each function mentions, by qualified name; "" is all other code."""
    found: dict[str, set[str]] = {"": set()}
    todo: list[tuple[cst.CSTNode, str]] = [(tree, "")]
    while todo:
        node, function = todo.pop()
        if type(node) is cst.Name:
            found[function].add(node.value)
        elif type(node) is cst.FunctionDef:
            inside = scopes[node].qualname
            found.setdefault(inside, set())
            parts = [child for child in children(node) if child is not node.name]
            todo += [(child, inside if child is node.body else function) for child in parts]
        elif type(node) is cst.ClassDef:
            todo += [(child, function) for child in children(node) if child is not node.name]
        else:
            todo += [(child, function) for child in children(node)]
    return {function: frozenset(names) for function, names in found.items()}


def header_of(tree: cst.Module, where: Where, text: Text) -> tuple[int, bool]:
    """Where inserted imports go: after the docstring and `from __future__` (True), else before the first statement."""
    end: int | None = None
    for index, statement in enumerate(tree.body):
        if not (_is_docstring(statement) and index == 0) and not _is_future(statement):
            break
        if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) > 1:
            last = next((part for part in statement.body[1:] if not _is_future_part(part)), None)
            if last is not None:
                return text.span(where[last]).start, False
        end = text.span(where[statement]).end_line
    if end is not None:
        starts = text.starts
        return (starts[end] if end < len(starts) else len(text.text)), True
    if not tree.body:
        return len(text.text), False
    first = tree.body[0]
    node = first.decorators[0] if isinstance(first, (cst.FunctionDef, cst.ClassDef)) and first.decorators else first
    line = text.span(where[node]).line
    return text.starts[line - 1], False


def _is_docstring(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    first = statement.body[0]
    return isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))


def _is_future(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and _is_future_part(statement.body[0])


def _is_future_part(part: cst.CSTNode) -> bool:
    return isinstance(part, cst.ImportFrom) and not part.relative and dotted(part.module) == "__future__"


def imports_of(source: SourceModule, where: Where, text: Text) -> Iterator[ImportStatement]:
    """Every import statement of a module, in the order of the text."""
    todo: list[tuple[cst.CSTNode, bool]] = [(source.tree, False)]
    while todo:
        node, is_alone = todo.pop()
        if type(node) is cst.Import or type(node) is cst.ImportFrom:
            statement = _import(node, source.package, where, text)
            yield statement if is_alone else replace(statement, indent=None)
        elif type(node) not in EXPRESSIONS:
            is_one = type(node) is cst.SimpleStatementLine and len(node.body) == 1
            todo += [(child, is_one) for child in reversed(children(node))]


def _import(node: cst.Import | cst.ImportFrom, package: str, where: Where, text: Text) -> ImportStatement:
    span = text.span(where[node])
    is_star = isinstance(node.names, cst.ImportStar)
    aliases = () if isinstance(node.names, cst.ImportStar) else node.names
    names = tuple(_name(alias, where, text) for alias in aliases)
    before = text.line(span.line)[: span.column - 1]
    indent = None if before.strip() else before
    if isinstance(node, cst.Import):
        return ImportStatement(span.start, span.end, None, span.start, names, False, indent)
    module = absolute_base(Import(node, dotted(node.module) or "", len(node.relative), ()), package)
    module_start = text.span(where[node.module]).start if node.module is not None else span.start
    return ImportStatement(span.start, span.end, module or "", module_start, names, is_star, indent)


def _name(alias: cst.ImportAlias, where: Where, text: Text) -> ImportedName:
    name = text.span(where[alias.name])
    end = text.span(where[alias.asname.name]).end if alias.asname is not None else name.end
    return ImportedName(alias_name(alias), bound_name(alias), name.start, end)
