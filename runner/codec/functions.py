"""Functions that no module holds under a name, closures and lambdas: their code by its place, their cells by value.

The code of a function made again is the loaded module's own. A record says where in it that code stands: the function
around it and the position among the code objects inside, so nothing that a record holds is ever compiled.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, NamedTuple

from durable.runner.codec.names import Namespace
from durable.runner.codec.unstorable import Unstorable
from durable.runner.errors import UnsafeRecord

if TYPE_CHECKING:
    from durable.runner.codec.decode import _Graph as _Reading
    from durable.runner.codec.graph import Graph as _Writing

_FACTS = ("__name__", "__qualname__", "__module__", "__doc__", "__defaults__", "__kwdefaults__", "__annotations__")


class _Place(NamedTuple):
    """Code inside the function called `outer` ("module:qualname"): `path` are positions among the code within code."""

    outer: str
    path: list[int]


def is_unnamed(value: types.FunctionType) -> bool:
    """Say whether a function was made by a call or an expression, so that its name does not lead to it."""
    return "<" in value.__code__.co_qualname


def describe(graph: _Writing, function: types.FunctionType) -> dict[str, Any]:
    """Return the tagged value of `function`. Raise Unstorable."""
    place = _place(graph.namespace, function)
    if place is None:
        raise Unstorable("", "function")
    out: dict[str, Any] = {"$": "function", "f": place.outer, "p": place.path}
    cells = function.__closure__ or ()
    known = [graph.cell(cell) for cell in cells]
    out["cells"] = [number for number, _ in known]
    fresh: list[Any] = []
    for name, cell, (number, is_new) in zip(function.__code__.co_freevars, cells, known, strict=True):
        if is_new and not is_empty(cell):
            try:
                fresh.append([number, graph.encode(cell.cell_contents)])
            except Unstorable as lost:
                raise lost.under(f".{name}") from None
    plain = types.FunctionType(function.__code__, function.__globals__, closure=function.__closure__)
    own = {name: getattr(function, name) for name in _FACTS if getattr(function, name) != getattr(plain, name)}
    return {**out, "v": fresh, "s": graph.attributes(own), "t": graph.attributes(function.__dict__)}


def contents_of_cells(function: types.FunctionType) -> tuple[Any, ...]:
    """Return what the cells of a closure hold; an empty one is left out."""
    return tuple([cell.cell_contents for cell in function.__closure__ or () if not is_empty(cell)])


def is_empty(cell: types.CellType) -> bool:
    """Say whether a closure's cell has no value yet, or none any more."""
    try:
        _ = cell.cell_contents
    except ValueError:
        return True
    return False


def rebuild(graph: _Reading, node: dict[str, Any], number: int | None) -> types.FunctionType:
    """Return the function that `node` describes. It is made before its cells are filled: they may mention it."""
    code, space = _code_at(graph.namespace, node["f"], node["p"])
    cells = tuple([graph.cell(cell) for cell in node["cells"]])
    made = types.FunctionType(code, space, closure=cells or None)
    graph.define(number, made)
    for cell, item in node["v"]:
        graph.cell(cell).cell_contents = graph.decode(item)
    for name, item in node["s"]:
        if name not in _FACTS:
            raise UnsafeRecord(f"a record wants to set {name!r} of a function")
        setattr(made, name, graph.decode(item))
    for name, item in node["t"]:
        made.__dict__[name] = graph.decode(item)
    return made


def _place(namespace: Namespace, function: types.FunctionType) -> _Place | None:
    """Return where the code of `function` stands in its module, None if that cannot be told."""
    module = function.__globals__.get("__name__")
    outer, _, inner = function.__code__.co_qualname.partition(".<locals>")
    name = f"{module}:{outer}"
    try:
        code, space = _code_at(namespace, name, [])
    except UnsafeRecord:
        return None
    path = _path_to(function.__code__, code) if inner and space is function.__globals__ else None
    return None if path is None else _Place(name, path)


def _path_to(code: types.CodeType, outer: types.CodeType) -> list[int] | None:
    for number, inner in enumerate(_codes_in(outer)):
        if inner is code:
            return [number]
        if code.co_qualname.startswith(f"{inner.co_qualname}."):
            path = _path_to(code, inner)
            if path is not None:
                return [number, *path]
    return None


def _codes_in(code: types.CodeType) -> list[types.CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]


def _code_at(namespace: Namespace, outer: str, path: list[int]) -> tuple[types.CodeType, dict[str, Any]]:
    """Return code and globals; raise UnsafeRecord where there is none, or a function that a record may not hold."""
    function: Any = namespace.value(outer)
    qualname = outer.partition(":")[2]
    while not (isinstance(function, types.FunctionType) and function.__code__.co_qualname == qualname):
        function = getattr(function, "__wrapped__", None)  # of a decorated one, the function itself
        if function is None:
            raise UnsafeRecord(f"a record names {outer!r}, which is not a function of Python")
    code = function.__code__
    for number in path:
        inner = _codes_in(code)
        if not 0 <= number < len(inner):
            raise UnsafeRecord(f"a record names code in {outer!r} that it does not have")
        code = inner[number]
    return code, function.__globals__
