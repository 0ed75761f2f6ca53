"""Attributes of classes of library sources, looked up along their bases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from durable.transpiler import catalogue
from durable.transpiler.inference.sources import Class, Function, Import, Variable
from durable.transpiler.inference.values import DATA, NONE, UNKNOWN, Callee, ClassOf, Data, Named, Object, Value, Values

if TYPE_CHECKING:
    from durable.transpiler.inference.evaluate import Evaluator


class Classes:
    """Answers for classes; a base is a class of a source, a catalogued name, or None for what nobody knows."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._orders: dict[int, list[Class | str | None]] = {}
        self._found: dict[tuple[int, int, str, bool], Values] = {}

    def order(self, cls: Class) -> list[Class | str | None]:
        """The class and its bases, depth first, each once."""
        if id(cls) not in self._orders:
            self._orders[id(cls)] = [cls]
            order: list[Class | str | None] = [cls]
            for base in self._bases(cls):
                order += [one for one in (self.order(base) if isinstance(base, Class) else [base]) if one not in order]
            self._orders[id(cls)] = order
        return self._orders[id(cls)]

    def _bases(self, cls: Class) -> list[Class | str | None]:
        frame = self._evaluator.top(cls.module)
        return [_base(value) for node in cls.node.bases for value in self._evaluator.value(node, frame)]

    def attribute(self, cls: Class, receiver: Class, name: str, *, is_instance: bool) -> Values:
        """The values of an attribute found on `cls` or its bases, bound to instances of `receiver`."""
        key = (id(cls), id(receiver), name, is_instance)
        if key not in self._found:
            self._found[key] = NONE
            self._found[key] = self._look(self.order(cls), receiver, name, is_instance)
        return self._found[key]

    def inherited(self, cls: Class, receiver: Class, name: str) -> Values:
        """The attribute that `super()` in a method of `cls` finds."""
        order = self.order(receiver)
        after = order[order.index(cls) + 1 :] if cls in order else self.order(cls)[1:]
        return self._look(after, receiver, name, True)

    def _look(self, order: list[Class | str | None], receiver: Class, name: str, is_instance: bool) -> Values:
        if name == "__class__":
            return frozenset({ClassOf(receiver)})
        for one in order:
            found = self._own(one, receiver, name, is_instance)
            if found:
                return found
        if name in ("__dict__", "__name__", "__doc__", "__module__", "__qualname__"):
            return DATA
        if name.startswith("__") and None not in order:
            return frozenset({Named(f"builtins.object.{name}")})
        return UNKNOWN

    def _own(self, cls: Class | str | None, receiver: Class, name: str, is_instance: bool) -> Values:
        if cls is None:
            return NONE
        if isinstance(cls, str):
            if catalogue.lookup(f"{cls}.{name}") is None or cls == "builtins.object":
                return NONE
            return self._evaluator.attribute(Object(cls), name)
        found: set[Value] = set()
        for binding in cls.bindings.get(name, ()):
            found |= self._bound(binding, cls, receiver)
        if is_instance:
            for variable, function in cls.attributes.get(name, ()):
                frame = self._evaluator.frame(function, receiver)
                found |= self._evaluator.value(variable.expression, frame, variable.how)
            if not found and name in cls.attributes:
                found.add(Data())
        return frozenset(found)

    def _bound(self, binding: Import | Variable | Class | Function, cls: Class, receiver: Class) -> Values:
        evaluator = self._evaluator
        match binding:
            case Function():
                return frozenset({Callee(binding, receiver)})
            case Class():
                return frozenset({ClassOf(binding)})
            case Import():
                return evaluator.imported(binding)
            case Variable():
                found = evaluator.value(binding.expression, evaluator.class_frame(cls), binding.how)
                return found or (NONE if binding.how == "type" else DATA)


def _base(value: Value) -> Class | str | None:
    match value:
        case ClassOf():
            return value.cls
        case Named():
            return value.name
        case Data(is_made=True):
            return "builtins.object"
        case _:
            return None
