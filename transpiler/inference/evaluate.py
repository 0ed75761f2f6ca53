"""Expressions of a library's source → the values that can stand there; guesses nothing, a cycle adds nothing."""

from __future__ import annotations

import ast
import builtins

from durable.transpiler import catalogue
from durable.transpiler.inference.classes import Classes
from durable.transpiler.inference.frames import Bound, Frame, Local, Parameter, Self, frame_of
from durable.transpiler.inference.kinds import class_of, instance_of
from durable.transpiler.inference.nodes import is_generator, is_property, own_nodes
from durable.transpiler.inference.sources import Class, Function, Import, Module, Sources, Variable
from durable.transpiler.inference.values import (
    DATA,
    GIVEN,
    MADE,
    NONE,
    UNKNOWN,
    Callee,
    ClassOf,
    Collection,
    Data,
    Given,
    Inner,
    Named,
    Object,
    Parent,
    Running,
    Unknown,
    Value,
    Values,
    union,
)
from durable.transpiler.ir.effects import Effect

_DEPTH = 80
_FEW = 200
_BUILTINS = frozenset(dir(builtins))
_KEEPING = frozenset(
    f"builtins.{name}"
    for name in "list tuple set frozenset sorted reversed iter enumerate zip next min max filter".split()
)
_IMPORTERS = frozenset({"importlib.import_module", "builtins.__import__"})


class Evaluator:
    """Answers `value(expression, frame)`, `returned(callee)` and `attribute(value, name)`; remembers all."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.classes = Classes(self)
        self._frames: dict[tuple[int, int], Frame] = {}
        self._tops: dict[str, Frame] = {}
        self._known: dict[tuple[int, int, str], Values] = {}
        self._kept: list[object] = []
        self._depth = 0

    def frame(self, function: Function, receiver: Class | None) -> Frame:
        """The frame of a function for a class of receivers."""
        key = (id(function), id(receiver))
        if key not in self._frames:
            self._frames[key] = frame_of(function, receiver)
        return self._frames[key]

    def top(self, module: Module) -> Frame:
        """The frame of a module's top."""
        return self._tops.setdefault(module.name, Frame(module))

    def value(self, node: ast.expr, frame: Frame, how: str = "value") -> Values:
        """The values of an expression; `how`: the expression itself, what it yields, enters, or is annotated with."""
        key = (id(node), id(frame), how)
        if key not in self._known:
            if self._depth > _DEPTH:
                return UNKNOWN
            self._depth += 1
            self._known[key] = NONE
            self._kept.append((node, frame))
            self._known[key] = self._how(node, frame, how)
            self._depth -= 1
        return self._known[key]

    def _how(self, node: ast.expr, frame: Frame, how: str) -> Values:
        match how:
            case "value":
                return self._value(node, frame)
            case "type":
                return self._annotated(node, frame)
            case "caught":
                return MADE
            case "part" | "item":
                return union(self.items(value) for value in self.value(node, frame))
            case "item-part":
                return union(self.items(item) for value in self.value(node, frame) for item in self.items(value))
            case "enter" | "enter-part":
                return union(self.entered(value) for value in self.value(node, frame))
            case _:
                return UNKNOWN

    def _value(self, node: ast.expr, frame: Frame) -> Values:
        match node:
            case ast.Name():
                return self.name(node.id, frame)
            case ast.Attribute():
                return union(self.attribute(value, node.attr) for value in self.value(node.value, frame))
            case ast.Call():
                return self._call(node, frame)
            case ast.Await() | ast.NamedExpr() | ast.Starred():
                return self.value(node.value, frame)
            case ast.IfExp():
                return self.value(node.body, frame) | self.value(node.orelse, frame)
            case ast.BoolOp():
                return union(self.value(part, frame) for part in node.values)
            case ast.Subscript():
                return union(self._subscript(value) for value in self.value(node.value, frame))
            case ast.List() | ast.Tuple() | ast.Set():
                return self._display(node.elts, frame)
            case ast.Dict():
                return self._display(node.values, frame)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._display([node.elt], frame)
            case ast.DictComp():
                return self._display([node.value], frame)
            case ast.Lambda():
                is_top = frame.function is None
                return frozenset({Callee(Function(frame.module, "<lambda>", node))}) if is_top else frozenset({Inner()})
            case ast.Constant(value=None):
                return NONE
            case ast.Yield() | ast.YieldFrom():
                return UNKNOWN
            case _:
                return DATA

    def _display(self, nodes: list[ast.expr], frame: Frame) -> Values:
        parts = [node for node in nodes if not isinstance(node, ast.Constant)][:_FEW]
        return frozenset({Collection(union(self.value(part, frame) for part in parts))})

    def name(self, name: str, frame: Frame) -> Values:
        """The values of a name."""
        if frame.function is not None and name in frame.names:
            return union(self._bound(bound, frame) for bound in frame.names[name])
        if frame.owner is not None and name in frame.owner.bindings:
            return union(self._binding(one, frame) for one in frame.owner.bindings[name])
        found = self.member(frame.module, name)
        if found or name in frame.module.bindings:
            return found
        if name in ("__file__", "__name__", "__doc__", "__path__"):
            return DATA
        if name in _BUILTINS:
            return frozenset({Named(f"builtins.{name}")})
        is_open = any(self.sources.module(star) is None for star in frame.module.stars)
        return UNKNOWN if is_open or "globals()" in frame.module.text else NONE

    def _bound(self, bound: Bound, frame: Frame) -> Values:
        match bound:
            case Parameter():
                found = self.value(bound.annotation, frame, "type") if bound.annotation is not None else NONE
                if found and all(isinstance(one, (Object, Data)) for one in found):
                    return found
                return GIVEN | self.value(bound.default, frame) if bound.default is not None else GIVEN
            case Self():
                if frame.receiver is None:
                    return GIVEN
                return frozenset({ClassOf(frame.receiver) if bound.is_class else Object(frame.receiver)})
            case Local():
                return frozenset({Inner()})
            case Import():
                return self.imported(bound)
            case Variable():
                return self.value(bound.expression, frame, bound.how)

    def member(self, module: Module, name: str) -> Values:
        """The values of a module's name; none if the module does not have it."""
        bindings = module.bindings.get(name)
        if bindings is not None:
            found = union(self._binding(one, self.top(module)) for one in bindings)
            return found or (DATA if any(isinstance(one, Variable) for one in bindings) else NONE)
        for star in reversed(module.stars):
            source = self.sources.module(star)
            if star == module.name or (source is not None and not source.gives(name)):
                continue
            found = self.resolve(f"{star}.{name}")
            if found and found != UNKNOWN:
                return found
        return NONE

    def class_frame(self, cls: Class) -> Frame:
        """The frame of a class body."""
        return self._tops.setdefault(f"{cls.module.name}:{cls.qualname}:{id(cls)}", Frame(cls.module, owner=cls))

    def _binding(self, binding: Import | Variable | Class | Function, frame: Frame) -> Values:
        match binding:
            case Import():
                return self.imported(binding)
            case Variable():
                return self.value(binding.expression, frame, binding.how)
            case Class():
                return frozenset({ClassOf(binding)})
            case Function():
                return frozenset({Callee(binding)})

    def imported(self, bound: Import) -> Values:
        """What an import binds; nothing if it fails for want of its module."""
        is_there = not bound.module or self.sources.exists(bound.module) or catalogue.lookup(bound.name) is not None
        return self.resolve(bound.name) if is_there else NONE

    def resolve(self, name: str) -> Values:
        """The values of a dotted name; none if nothing is there (an import of it would fail)."""
        canonical = catalogue.canonical(name)
        if catalogue.lookup(canonical) is not None:
            return frozenset({Named(canonical)})
        key = (0, 0, name)
        if key not in self._known:
            self._known[key] = NONE
            self._known[key] = self._resolve(name)
        return self._known[key]

    def _resolve(self, name: str) -> Values:
        parent, _, last = name.rpartition(".")
        module = self.sources.module(parent) if parent else None
        found = self.member(module, last) if module is not None else NONE
        if found:
            return found
        if self.sources.exists(name):
            return frozenset({Named(name)})
        if module is not None or (parent and self.sources.exists(parent)):
            return UNKNOWN
        return union(self.attribute(value, last) for value in self.resolve(parent)) if parent else NONE

    def attribute(self, value: Value, name: str) -> Values:
        """The values of an attribute."""
        match value:
            case Named():
                return self._of_named(value.name, name)
            case ClassOf():
                return self.classes.attribute(value.cls, value.cls, name, is_instance=False)
            case Object() if isinstance(value.cls, str):
                return self._of_known(value.cls, name)
            case Object(cls=Class() as cls):
                return self._read_now(self.classes.attribute(cls, cls, name, is_instance=True))
            case Parent():
                return self.classes.inherited(value.cls, value.receiver, name)
            case Given() | Unknown():
                return frozenset({value})
            case Data() | Running():
                return frozenset({Data(is_made=True)}) if value == Data(is_made=True) else UNKNOWN
            case Callee() | Inner():
                return DATA
            case _:
                return UNKNOWN

    def _of_named(self, owner: str, name: str) -> Values:
        entry = catalogue.lookup(f"{owner}.{name}")
        if entry is not None and entry.instance_of:
            return frozenset({Object(entry.instance_of)})
        if entry is None and name.startswith("__") and name.endswith("__"):
            return DATA
        return self.resolve(f"{owner}.{name}") or UNKNOWN

    def _of_known(self, cls: str, name: str) -> Values:
        """An attribute of an instance of a class that the catalogue names."""
        entry = catalogue.lookup(f"{cls}.{name}")
        if entry is not None:
            return frozenset({Object(entry.instance_of) if entry.instance_of else Named(f"{cls}.{name}")})
        return MADE if cls.startswith("builtins.") else self.resolve(f"{cls}.{name}") or UNKNOWN

    def _read_now(self, found: Values) -> Values:
        """Properties as what they return."""
        return union(
            self.returned(one) if isinstance(one, Callee) and is_property(one.function) else frozenset({one})
            for one in found
        )

    def _call(self, node: ast.Call, frame: Frame) -> Values:
        callees = self.value(node.func, frame)
        if callees == frozenset({Named("builtins.super")}):
            cls, receiver = frame.function.owner if frame.function is not None else None, frame.receiver
            return frozenset({Parent(cls, receiver)}) if cls is not None and receiver is not None else UNKNOWN
        return union(self._result(one, node, frame) for one in callees)

    def _result(self, callee: Value, node: ast.Call, frame: Frame) -> Values:
        match callee:
            case Named():
                return self._result_of_named(callee.name, node, frame)
            case ClassOf():
                return frozenset({Object(callee.cls)})
            case Callee():
                return self.returned(callee)
            case Given():
                return GIVEN
            case Inner() | Unknown() | Data(is_made=False):
                return UNKNOWN
            case _:
                return MADE

    def _result_of_named(self, name: str, node: ast.Call, frame: Frame) -> Values:
        if name in _KEEPING:
            items = union(self.items(value) for part in node.args for value in self.value(part, frame))
            return (
                frozenset({Collection(items)})
                if name not in ("builtins.next", "builtins.min", "builtins.max")
                else items
            )
        if name == "builtins.getattr":
            return self._getattr(node, frame)
        if name in _IMPORTERS:
            module = node.args[0] if node.args else None
            return self.resolve(str(module.value)) if isinstance(module, ast.Constant) else UNKNOWN
        if name == "builtins.type" and len(node.args) == 1:
            found = self.value(node.args[0], frame)
            return frozenset(class_of(one) for one in found)
        entry = catalogue.lookup(name)
        if entry is None:
            return UNKNOWN
        if entry.returns and not entry.returns.startswith("builtins."):
            return frozenset({Object(entry.returns, entry.effect is Effect.OPEN)})
        return frozenset({Object(name, is_opened=True)}) if entry.effect is Effect.OPEN else MADE

    def _getattr(self, node: ast.Call, frame: Frame) -> Values:
        if len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
            return UNKNOWN
        return union(self.attribute(value, str(node.args[1].value)) for value in self.value(node.args[0], frame))

    def returned(self, callee: Callee) -> Values:
        """What a call gives back: by its return statements, else by its annotation."""
        function = callee.function
        frame = self.frame(function, callee.receiver)
        if isinstance(function.node, ast.Lambda):
            return self.value(function.node.body, frame)
        if is_generator(function.node):
            return frozenset({Running(callee)})
        key = (id(function), id(callee.receiver), "returned")
        if key not in self._known:
            self._known[key] = NONE
            nodes = [node.value for node in own_nodes(function.node) if isinstance(node, ast.Return) and node.value]
            found = union(self.value(node, frame) for node in nodes)
            if Unknown() in found and function.node.returns is not None:
                said = self.value(function.node.returns, frame, "type")
                found = found - {Unknown()} | said if said else found
            self._known[key] = found if nodes else DATA
        return self._known[key]

    def items(self, value: Value) -> Values:
        """What iterating over a value gives."""
        match value:
            case Collection():
                return value.items or DATA
            case Running():
                return self.yielded(value.callee)
            case Given() | Data():
                return frozenset({value})
            case Object(cls=str() as cls):
                return MADE if cls.startswith(("builtins.", "io.", "re.")) else UNKNOWN
            case _:
                return UNKNOWN

    def yielded(self, callee: Callee) -> Values:
        """What a generator function yields."""
        node, frame = callee.function.node, self.frame(callee.function, callee.receiver)
        values = [one.value for one in own_nodes(node) if isinstance(one, ast.Yield) and one.value is not None]
        inner = [one.value for one in own_nodes(node) if isinstance(one, ast.YieldFrom)]
        return union((*(self.value(one, frame) for one in values), *(self.value(one, frame, "item") for one in inner)))

    def entered(self, value: Value) -> Values:
        """What `with value as x` binds."""
        match value:
            case Running():
                return self.yielded(value.callee)
            case Object(cls=Class() as cls):
                callees = self.classes.attribute(cls, cls, "__enter__", is_instance=True)
                return union(self.returned(one) for one in callees if isinstance(one, Callee)) or frozenset({value})
            case _:
                return frozenset({value})

    def _subscript(self, value: Value) -> Values:
        match value:
            case Named() | ClassOf():
                return frozenset({value})
            case _:
                return self.items(value)

    def _annotated(self, node: ast.expr, frame: Frame) -> Values:
        """An instance of the class that an annotation names; none if it names none that is known."""
        match node:
            case ast.Constant(value=str() as text):
                try:
                    return self._annotated(ast.parse(text, mode="eval").body, frame)
                except SyntaxError:
                    return NONE
            case ast.BinOp(op=ast.BitOr()):
                return self._annotated(node.left, frame) | self._annotated(node.right, frame)
            case ast.Subscript() if ast.unparse(node.value).rpartition(".")[2] == "Optional":
                return self._annotated(node.slice, frame)
            case ast.Name() | ast.Attribute():
                return union(instance_of(value) for value in self.value(node, frame))
            case _:
                return NONE
