"""One function of a library's source → what it calls: catalogued leaves, other functions, what cannot be followed."""

from __future__ import annotations

import ast
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from re import Match, Pattern

from durable.transpiler import catalogue
from durable.transpiler.inference.evaluate import Evaluator
from durable.transpiler.inference.frames import Frame
from durable.transpiler.inference.nodes import is_generator, is_property
from durable.transpiler.inference.sources import Class
from durable.transpiler.inference.values import (
    Callee,
    ClassOf,
    Collection,
    Data,
    Given,
    Named,
    Object,
    Running,
    Unknown,
    Value,
)
from durable.transpiler.ir.effects import Effect

_DATA_CLASSES = (
    *(str, bytes, bytearray, int, float, complex, list, tuple, dict, set, frozenset, memoryview),
    *(Pattern, Match, datetime, Decimal, Fraction, deque, OrderedDict),
)
DATA_METHODS = frozenset(name for cls in _DATA_CLASSES for name in dir(cls)) | {"__next__", "__iter__"}
DATA_METHODS -= {"now", "today", "utcnow"}
_DYNAMIC = frozenset({"builtins.exec", "builtins.eval"})
_SILENT = frozenset({"builtins.print", "builtins.isinstance", "builtins.issubclass", "builtins.super"})
_STREAMS = ("sys.stdout", "sys.stderr", "sys.stdin", "sys.__stdout__", "sys.__stderr__")
_CONNECTIONS = frozenset({"requests", "httpx", "http", "socket", "urllib", "ssl"})
_OPENERS = frozenset({"builtins.open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open"})
_METHODS = {ast.With: ("__enter__", "__exit__"), ast.AsyncWith: ("__aenter__", "__aexit__")}


@dataclass(frozen=True)
class Place:
    """A line of a source file."""

    path: Path
    line: int


@dataclass(frozen=True)
class Leaf:
    """A call that the catalogue knows to touch the world, or one that cannot be followed (`why`)."""

    name: str
    effect: Effect
    place: Place
    is_caught: bool
    why: str


@dataclass(eq=False)
class Summary:
    """What one function does itself: its leaves, the functions it calls, and whether it calls what it was given.

    `wrappers` are its decorators: what they are given is the function itself.
    """

    leaves: list[Leaf] = field(default_factory=list)
    calls: dict[Callee, None] = field(default_factory=dict)
    wrappers: set[Callee] = field(default_factory=set)
    calls_back: bool = False
    is_generator: bool = False


class Walker:
    """Summarises functions and constructors."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def summary(self, callee: Callee) -> Summary:
        """What a function does itself, its decorators and inner functions included."""
        function = callee.function
        frame = self._evaluator.frame(function, callee.receiver)
        found = Summary(is_generator=is_generator(function.node))
        reader = _Reader(self._evaluator, frame, found)
        body = [function.node.body] if isinstance(function.node, ast.Lambda) else function.node.body
        for node in body:
            reader.visit(node)
        top = _Reader(self._evaluator, self._evaluator.top(function.module), found)
        for decorator in function.decorators:
            top.decorator(decorator)
        return found

    def constructor(self, cls: Class) -> Summary:
        """What making an instance does: `__new__`, `__init__` and `__post_init__` of the class or its bases."""
        found = Summary()
        reader = _Reader(self._evaluator, self._evaluator.top(cls.module), found)
        reader.construct(cls, cls.node)
        return found


class _Reader(ast.NodeVisitor):
    """Reads the nodes of one frame into a summary."""

    def __init__(self, evaluator: Evaluator, frame: Frame, found: Summary) -> None:
        self._evaluator = evaluator
        self._frame = frame
        self._found = found

    def visit_Call(self, node: ast.Call) -> None:
        values = self._evaluator.value(node.func, self._frame)
        for value in values:
            if not (Given() in values and isinstance(value, (Data, Collection))):
                self._called(value, node)
        if isinstance(node.func, ast.Attribute):
            self.visit(node.func.value)
            self._read(node.func)
        elif not isinstance(node.func, ast.Name):
            self.visit(node.func)
        is_test = isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass")
        for part in (*node.args, *node.keywords):
            if not is_test:
                self.visit(part)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._mentioned(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        if isinstance(node.ctx, ast.Load):
            self._read(node)
            self._mentioned(node)

    def visit_With(self, node: ast.With) -> None:
        self._managed(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        self._managed(node)

    def visit_For(self, node: ast.For) -> None:
        for value in self._evaluator.value(node.iter, self._frame):
            if isinstance(value, Object) and isinstance(value.cls, Class):
                self._method(value, "__iter__", node)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """Annotations do nothing."""

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        for statement in node.body:
            self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inner(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._inner(node)

    def _inner(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.decorator(decorator)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        for statement in node.body:
            self.visit(statement)

    def decorator(self, node: ast.expr) -> None:
        """A decorator is called with the function; what it is called with before counts too."""
        if isinstance(node, ast.Call):
            self.visit(node)
        for value in self._evaluator.value(node.func if isinstance(node, ast.Call) else node, self._frame):
            if isinstance(value, (Callee, ClassOf)):
                self._called(value, node)
            if isinstance(value, Callee):
                self._found.wrappers.add(value)

    def construct(self, cls: Class, node: ast.AST) -> None:
        """Making an instance of a source's class."""
        names = ("__new__", "__init__") if not _is_data(cls) else ("__new__", "__init__", "__post_init__")
        classes = self._evaluator.classes
        for base in classes.order(cls):
            if base is None:
                self._unclear("a base class of " + cls.qualname, node)
            elif isinstance(base, str):
                entry = catalogue.lookup(base)
                if entry is not None and not self._has_own(cls, names):
                    self._leaf(base, entry.effect, node)
        for name in names:
            for value in classes.attribute(cls, cls, name, is_instance=True):
                if isinstance(value, Callee):
                    self._found.calls[value] = None

    def _has_own(self, cls: Class, names: tuple[str, ...]) -> bool:
        return any(
            name in one.bindings
            for one in self._evaluator.classes.order(cls)
            if isinstance(one, Class)
            for name in names
        )

    def _managed(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            for value in self._evaluator.value(item.context_expr, self._frame):
                if isinstance(value, Object) and isinstance(value.cls, Class):
                    for name in _METHODS[type(node)]:
                        self._method(value, name, node)
        self.generic_visit(node)

    def _method(self, value: Object, name: str, node: ast.AST) -> None:
        for found in self._evaluator.attribute(value, name):
            if isinstance(found, Callee):
                self._found.calls[found] = None

    def _read(self, node: ast.Attribute) -> None:
        """Properties that reading an attribute calls."""
        classes = self._evaluator.classes
        for value in self._evaluator.value(node.value, self._frame):
            if isinstance(value, Object) and isinstance(value.cls, Class):
                for found in classes.attribute(value.cls, value.cls, node.attr, is_instance=True):
                    if isinstance(found, Callee) and is_property(found.function):
                        self._found.calls[found] = None

    def _mentioned(self, node: ast.expr) -> None:
        """A function that is mentioned may be called by whoever gets it."""
        for value in self._evaluator.value(node, self._frame):
            items = value.items if isinstance(value, Collection) else (value,)
            for one in items:
                if isinstance(one, Callee):
                    self._found.calls[one] = None
                elif isinstance(one, Named) and not one.name.startswith("builtins."):
                    entry = catalogue.lookup(one.name)
                    if entry is not None and entry.is_sure and not entry.is_class and not entry.instance_of:
                        self._leaf(one.name, entry.effect, node)

    def _called(self, value: Value, node: ast.AST) -> None:
        match value:
            case Named():
                self._named(value.name, node)
            case Callee():
                self._found.calls[value] = None
            case ClassOf():
                self.construct(value.cls, node)
            case Given():
                if not _is_data_method(node):
                    self._found.calls_back = True
            case Object() if isinstance(value.cls, Class):
                self._method(value, "__call__", node)
            case Unknown() | Data(is_made=False) | Collection():
                self._by_name(node)
            case _:
                pass

    def _by_name(self, node: ast.AST) -> None:
        """A call of something unknown: a method that only data has, or any of the library's methods of that name."""
        function = node.func if isinstance(node, ast.Call) else None
        if _is_data_method(node):
            return
        if isinstance(function, ast.Attribute):
            receivers = self._evaluator.value(function.value, self._frame)
            if receivers and all(isinstance(one, Running) for one in receivers):
                return
            found = self._evaluator.sources.methods(self._frame.module.name, function.attr)
            for one in found:
                self._found.calls[Callee(one, one.owner)] = None
            if found:
                return
        self._unclear(ast.unparse(function) if function is not None else "a call", node)

    def _unclear(self, text: str, node: ast.AST) -> None:
        short = text if len(text) <= 60 else f"{text[:57]}…"
        self._found.leaves.append(Leaf(short, Effect.WRITE, self._place(node), False, "cannot be followed"))

    def _named(self, name: str, node: ast.AST) -> None:
        if name in _SILENT or name.startswith(_STREAMS):
            return
        entry = catalogue.lookup(name)
        if entry is None or name in _DYNAMIC:
            self._unclear(name, node)
            return
        effect = entry.effect
        if isinstance(node, ast.Call):
            args, kwargs = _literals(node)
            effect = catalogue.refined_effect(entry, args, kwargs)
            if name in _OPENERS or name == "pathlib.Path.open":
                effect = _by_mode(args if name in _OPENERS else ["", *args], kwargs)
        self._leaf(name, effect, node)

    def _leaf(self, name: str, effect: Effect, node: ast.AST) -> None:
        if effect in (Effect.PURE, Effect.INLINE):
            return
        if effect is Effect.OPEN and name.partition(".")[0] in _CONNECTIONS:
            effect = Effect.READ
        if effect is Effect.REFUSED:
            effect = Effect.WRITE
        self._found.leaves.append(Leaf(name, effect, self._place(node), catalogue.is_caught(name), "catalogue"))

    def _place(self, node: ast.AST) -> Place:
        return Place(self._frame.module.path, getattr(node, "lineno", 1))


def _is_data(cls: Class) -> bool:
    return any(
        "dataclass" in ast.unparse(node) or "attr" in ast.unparse(node) or "define" in ast.unparse(node)
        for node in cls.node.decorator_list
    )


def _is_data_method(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DATA_METHODS


def _literals(node: ast.Call) -> tuple[list[object], dict[str, object]]:
    args = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
    kwargs = {
        one.arg: one.value.value if isinstance(one.value, ast.Constant) else None for one in node.keywords if one.arg
    }
    return list(args), dict(kwargs)


def _by_mode(args: list[object], kwargs: dict[str, object]) -> Effect:
    mode = args[1] if len(args) > 1 else kwargs.get("mode", "r")
    return Effect.READ if isinstance(mode, str) and not set(mode) & set("wax+") else Effect.WRITE
