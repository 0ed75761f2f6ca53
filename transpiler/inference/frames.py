"""Where names in a library's source get their values: the frame of a function with its inner ones, or of a module."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from durable.transpiler.inference.sources import (
    Class,
    Function,
    FunctionNode,
    Import,
    Module,
    Variable,
    assigned,
    bindings_of,
    first_parameter,
)


@dataclass(frozen=True)
class Parameter:
    """Bound by a call; `annotation` may say of which class; `default` is what it is without an argument."""

    annotation: ast.expr | None = None
    default: ast.expr | None = None


@dataclass(frozen=True)
class Self:
    """The first parameter of a method; `is_class`: of a class method."""

    is_class: bool


@dataclass(frozen=True)
class Local:
    """An inner function or class."""


Bound = Parameter | Self | Local | Variable | Import


@dataclass(eq=False)
class Frame:
    """The names of one function run for one class of receivers; `function` None: a module's top, or `owner`'s body."""

    module: Module
    function: Function | None = None
    receiver: Class | None = None
    owner: Class | None = None
    names: dict[str, list[Bound]] = field(default_factory=dict, repr=False)


def frame_of(function: Function, receiver: Class | None) -> Frame:
    """The frame of a function; names of its inner functions count as its own."""
    frame = Frame(function.module, function, receiver)
    _parameters(function.node, frame, first_parameter(function), function)
    body = [function.node.body] if isinstance(function.node, ast.Lambda) else function.node.body
    for statement in body:
        _bind(statement, frame)
    return frame


def _parameters(node: FunctionNode, frame: Frame, first: str | None, function: Function | None) -> None:
    arguments = node.args
    positional = (*arguments.posonlyargs, *arguments.args)
    defaults = [*[None] * (len(positional) - len(arguments.defaults)), *arguments.defaults, *arguments.kw_defaults]
    for one, default in zip((*positional, *arguments.kwonlyargs), defaults, strict=True):
        if one.arg == first and function is not None:
            is_class = "classmethod" in function.decorator_names or function.qualname.endswith("__new__")
            _add(frame, one.arg, Self(is_class))
        else:
            _add(frame, one.arg, Parameter(one.annotation, default))
    for star in (arguments.vararg, arguments.kwarg):
        if star is not None:
            _add(frame, star.arg, Parameter())


def _bind(root: ast.AST, frame: Frame) -> None:
    for node in ast.walk(root):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                _add(frame, node.name, Local())
                _parameters(node, frame, None, None)
            case ast.Lambda():
                _parameters(node, frame, None, None)
            case ast.ClassDef():
                _add(frame, node.name, Local())
            case ast.Import() | ast.ImportFrom():
                for name, binding in bindings_of(node, frame.module, None):
                    if isinstance(binding, Import):
                        _add(frame, name, binding)
            case ast.ExceptHandler() if node.name is not None and node.type is not None:
                _add(frame, node.name, Variable(node.type, "caught"))
            case ast.MatchAs() | ast.MatchStar() if node.name is not None:
                _add(frame, node.name, Parameter())
            case _:
                for target, variable in assigned(node):
                    if isinstance(target, ast.Name):
                        _add(frame, target.id, variable)


def _add(frame: Frame, name: str, bound: Bound) -> None:
    frame.names.setdefault(name, []).append(bound)
