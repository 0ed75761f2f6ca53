"""Which names statements load and store, and which surely have a value before and after them (definite assignment)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

Compound: TypeAlias = ast.stmt
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_MADE = (*_FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Scope:
    """A module's or function's names: parameters, all that it binds, those that are variables, and declared ones."""

    body: list[ast.stmt]
    order: tuple[str, ...]
    local: frozenset[str]
    variables: frozenset[str]
    globals: frozenset[str]
    nonlocals: frozenset[str]
    is_module: bool

    @staticmethod
    def of(node: ast.AST) -> Scope:
        """The scope that a module or function opens."""
        assert isinstance(node, (ast.Module, *_FUNCTIONS))
        order = () if isinstance(node, ast.Module) else tuple(parameters(node))
        bound = {name for statement in node.body for name in stores(statement)}
        made = {name for statement in node.body for name in bound_by(statement, _MADE)}
        declared = [one for statement in node.body for one in ast.walk(statement)]
        return Scope(
            node.body,
            order,
            frozenset(bound | set(order)),
            frozenset((bound - made) | set(order)),
            frozenset(name for one in declared if isinstance(one, ast.Global) for name in one.names),
            frozenset(name for one in declared if isinstance(one, ast.Nonlocal) for name in one.names),
            isinstance(node, ast.Module),
        )

    @property
    def parameters(self) -> set[str]:
        """The parameters."""
        return set(self.order)

    @property
    def declared(self) -> frozenset[str]:
        """The names that live outside of the function."""
        return self.globals | self.nonlocals

    def keyword(self, name: str) -> str:
        """How an inner function declares that it binds a name of this scope."""
        return "global" if self.is_module or name in self.globals else "nonlocal"


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """A function's parameters in order."""
    arguments = node.args
    stars = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    yield from (one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars))


def loads(node: ast.AST, without: ast.AST | None = None) -> set[str]:
    """The names that are read anywhere in a node, inner functions included, one part left out."""
    return {
        one.id for one in _walk(node, without) if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Store)
    } | {
        one.target.id
        for one in _walk(node, without)
        if isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name)
    }


def stores(node: ast.AST, without: ast.AST | None = None) -> set[str]:
    """The names that a statement binds in its own scope, one part left out; names of `except … as` are not kept."""
    return set(_bound(node, without, is_root=True))


def bound_by(node: ast.AST, kinds: tuple[type[ast.stmt], ...]) -> set[str]:
    """The names that statements of some kinds bind, below a node and in its own scope."""
    found: set[str] = set()
    todo = [node]
    while todo:
        one = todo.pop()
        if isinstance(one, kinds):
            found |= set(_bound(one, None, is_root=False))
        if not isinstance(one, _SCOPES):
            todo.extend(ast.iter_child_nodes(one))
    return found


def _walk(node: ast.AST, without: ast.AST | None) -> Iterator[ast.AST]:
    if node is without:
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, without)


def _bound(node: ast.AST, without: ast.AST | None, *, is_root: bool) -> Iterator[str]:
    if node is without:
        return
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if not is_root or without is None:
            yield node.name
            return
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield from (one.target.id for one in ast.walk(node) if isinstance(one, ast.NamedExpr))
            return
        case ast.Import() | ast.ImportFrom():
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        case ast.Name(ctx=ast.Store()):
            yield node.id
        case ast.MatchAs() | ast.MatchStar() if node.name is not None:
            yield node.name
        case ast.MatchMapping(rest=str() as rest):
            yield rest
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _bound(child, without, is_root=False)


def assigned_after(statements: Sequence[ast.stmt], before: set[str]) -> set[str] | None:
    """The names that surely have a value after statements; None if they never end normally."""
    have = before
    for statement in statements:
        after = _after_one(statement, have)
        if after is None:
            return None
        have = after
    return have


def _after_one(node: ast.stmt, have: set[str]) -> set[str] | None:
    match node:
        case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            return None
        case ast.If():
            return _both([assigned_after(node.body, have), assigned_after(node.orelse, have)])
        case ast.With() | ast.AsyncWith():
            items = {name for item in node.items if item.optional_vars for name in stores(item.optional_vars)}
            suppresses = any("suppress" in ast.unparse(item.context_expr) for item in node.items)
            inner = assigned_after(node.body, have | items)
            return have if suppresses else inner
        case ast.Try() | ast.TryStar():
            ends = [assigned_after([*node.body, *node.orelse], have)]
            ends += [assigned_after(handler.body, have) for handler in node.handlers]
            end = _both(ends)
            return None if end is None else assigned_after(node.finalbody, end)
        case ast.For() | ast.AsyncFor() | ast.While():
            return have
        case ast.Match():
            is_whole = any(
                isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None for case in node.cases
            )
            ends = [assigned_after(case.body, have | stores(case.pattern)) for case in node.cases]
            return _both([*ends, *([] if is_whole else [have])])
        case ast.AnnAssign(value=None):
            return have
        case _:
            return have | stores(node)


def read_first(statements: Sequence[ast.stmt], before: set[str]) -> set[str]:
    """The names that statements may read before they have assigned them; `before` are those that have a value."""
    found: set[str] = set()
    have = before
    for statement in statements:
        found |= _read_first(statement, have)
        have = _after_one(statement, have) or have | stores(statement)
    return found


def _read_first(node: ast.stmt, have: set[str]) -> set[str]:
    blocks = [*_lists(node), *(handler.body for handler in getattr(node, "handlers", []))]
    if not blocks or isinstance(node, _SCOPES):
        return loads(node) - have
    heads = [child for child in ast.iter_child_nodes(node) if not isinstance(child, (ast.stmt, ast.ExceptHandler))]
    found = {name for head in heads if not isinstance(head, ast.match_case) for name in loads(head)} - have
    inner = have | {name for head in heads if not isinstance(head, ast.match_case) for name in stores(head)}
    return found.union(*(read_first(block, inner) for block in blocks))


def _both(ends: list[set[str] | None]) -> set[str] | None:
    """What all ends that are reached have."""
    reached = [end for end in ends if end is not None]
    return set.intersection(*reached) if reached else None


def assigned_before(path: Sequence[ast.AST]) -> set[str]:
    """The names that surely have a value when the last node of a path, which begins at its scope, is reached."""
    scope = path[0]
    have = set(parameters(scope)) if isinstance(scope, _FUNCTIONS) else set()
    for node, child in pairwise(path):
        if isinstance(node, (ast.For, ast.AsyncFor)) and child not in node.orelse:
            have |= stores(node.target)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            have |= {name for item in node.items if item.optional_vars for name in stores(item.optional_vars)}
        for statements in _lists(node):
            if isinstance(child, ast.stmt) and child in statements:
                have = assigned_after(statements[: statements.index(child)], have) or have
    return have


def _lists(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        found = getattr(node, name, None)
        if isinstance(found, list):
            yield found
    if isinstance(node, ast.Match):
        yield from (case.body for case in node.cases)
