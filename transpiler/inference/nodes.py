"""Questions about single nodes of a library's source."""

from __future__ import annotations

import ast

from durable.transpiler.inference.sources import Function

_READ_NOW = frozenset({"property", "cached_property", "reify", "classproperty", "abstractproperty", "lazyproperty"})


def is_property(function: Function) -> bool:
    """Whether reading the attribute calls the function."""
    return not function.decorator_names.isdisjoint(_READ_NOW)


def own_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes of a function without those of functions and classes inside."""
    found: list[ast.AST] = []
    todo = list(ast.iter_child_nodes(node))
    while todo:
        one = todo.pop()
        found.append(one)
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo.extend(ast.iter_child_nodes(one))
    return found


def is_generator(node: ast.AST) -> bool:
    """Whether a function's call gives a generator."""
    return any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in own_nodes(node))
