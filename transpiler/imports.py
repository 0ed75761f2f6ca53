"""The import statements of a module, wherever they stand, and how sure it is that each is executed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from durable.transpiler.trees import EXPRESSIONS, alias_name, children, dotted, positions

_FORGIVING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True)
class Import:
    """One module that a statement asks for: `base` with `level` dots before it, and the names taken from it.

    `is_guarded`: the program is ready for its failure (try … except ImportError) or it is for type checkers only;
    `is_certain`: it is executed whenever its module is.
    """

    node: cst.CSTNode
    base: str
    level: int
    names: tuple[str, ...]
    is_guarded: bool = False
    is_certain: bool = True

    def position(self, tree: cst.Module) -> tuple[int, int]:
        """Line and column (from 1) of the statement."""
        where = positions(tree)[self.node].start
        return where.line, where.column + 1


def imports_of(tree: cst.CSTNode) -> Iterator[Import]:
    """Every import below a node; literal `import_module("…")` calls count as imports that may not happen."""
    for child in children(tree):
        if type(child) in EXPRESSIONS:
            yield from _imports_in_expression(child)
        elif isinstance(child, cst.Try):
            yield from _imports_of_try(child)
        elif isinstance(child, cst.If):
            guarded = _is_type_checking(child.test)
            yield from (
                replace(found, is_certain=False, is_guarded=found.is_guarded or guarded) for found in imports_of(child)
            )
        elif isinstance(child, (cst.FunctionDef, cst.Lambda, cst.With, cst.For, cst.While, cst.Match)):
            yield from (replace(found, is_certain=False) for found in imports_of(child))
        elif isinstance(child, (cst.Import, cst.ImportFrom)):
            yield from _statement(child)
        else:
            yield from imports_of(child)


def _imports_in_expression(node: cst.CSTNode) -> Iterator[Import]:
    """The calls of `import_module` in an expression; lambdas and comprehensions inside are looked through as well."""
    todo = [node]
    while todo:
        one = todo.pop()
        if type(one) is cst.Call:
            yield from _import_module_call(one)
        if type(one) in EXPRESSIONS:
            todo += reversed(children(one))
        else:
            yield from imports_of(one)


def _imports_of_try(node: cst.Try) -> Iterator[Import]:
    guarded = any(_forgives(handler.type) for handler in node.handlers)
    for found in imports_of(node.body):
        yield replace(found, is_guarded=found.is_guarded or guarded, is_certain=not node.handlers and found.is_certain)
    for part in children(node):
        if part is not node.body:
            yield from (replace(found, is_certain=False) for found in imports_of(part))


def _forgives(caught: cst.BaseExpression | None) -> bool:
    if caught is None:
        return True
    if isinstance(caught, cst.Tuple):
        return any(_forgives(element.value) for element in caught.elements)
    return (dotted(caught) or "").rpartition(".")[2] in _FORGIVING


def _is_type_checking(test: cst.BaseExpression) -> bool:
    return (dotted(test) or "").rpartition(".")[2] == "TYPE_CHECKING"


def _statement(node: cst.Import | cst.ImportFrom) -> Iterator[Import]:
    if isinstance(node, cst.Import):
        for alias in node.names:
            yield Import(node, alias_name(alias), 0, ())
        return
    names = () if isinstance(node.names, cst.ImportStar) else tuple(alias_name(alias) for alias in node.names)
    yield Import(node, dotted(node.module) or "", len(node.relative), names)


def _import_module_call(call: cst.Call) -> Iterator[Import]:
    name = (dotted(call.func) or "").rpartition(".")[2]
    if name not in ("import_module", "__import__") or not call.args:
        return
    argument = call.args[0].value
    if isinstance(argument, cst.SimpleString) and isinstance(argument.evaluated_value, str):
        module = argument.evaluated_value
        if module and not module.startswith("."):
            yield Import(call, module, 0, (), is_guarded=True, is_certain=False)


def absolute_base(imported: Import, package: str) -> str | None:
    """The dotted module that an import asks for, seen from `package`; None if its dots lead out of everything."""
    if imported.level == 0:
        return imported.base
    parts = package.split(".") if package else []
    keep = len(parts) - (imported.level - 1)
    if keep <= 0:
        return None
    return ".".join([*parts[:keep], *([imported.base] if imported.base else [])])


_SEARCHED = re.compile(
    r"\bsys\s*\.\s*(path|modules|meta_path|path_hooks)\b"
    r"|\bfrom\s+sys\s+import\b[^\n]*\b(path|modules|meta_path|path_hooks)\b"
    r"|\baddsitedir\b"
)


def touches_search_path(text: str) -> bool:
    """Whether a module's text mentions `sys.path`, `sys.modules` or the like: more may be importable than is found."""
    return _SEARCHED.search(text) is not None
