"""What can stand behind an expression, from imports, assignments, annotations and the catalogue; guesses nothing."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from dataclasses import replace

import libcst as cst

from durable.transpiler import catalogue
from durable.transpiler.imports import touches_search_path
from durable.transpiler.ir.program import Program
from durable.transpiler.resolve.facts import (
    ANYTHING,
    Anything,
    Fact,
    Facts,
    Instance,
    Library,
    Local,
    LocalModule,
    Nothing,
)
from durable.transpiler.resolve.scopes import Assigned, Binding, Defined, Imported, Scope, Self
from durable.transpiler.trees import dotted

DEPTH = 60
_BUILTINS = frozenset(dir(builtins))
_DISPLAYS: dict[type[cst.CSTNode], str] = {
    cst.SimpleString: "str",
    cst.ConcatenatedString: "str",
    cst.FormattedString: "str",
    cst.List: "list",
    cst.ListComp: "list",
    cst.Dict: "dict",
    cst.DictComp: "dict",
    cst.Set: "set",
    cst.SetComp: "set",
    cst.Tuple: "tuple",
    cst.Integer: "int",
    cst.Float: "float",
    cst.GeneratorExp: "generator",
}
_DATA_MODEL = {
    "__dict__": "dict",
    "__annotations__": "dict",
    "__kwdefaults__": "dict",
    "__defaults__": "tuple",
    "__bases__": "tuple",
    "__mro__": "tuple",
    "__doc__": "str",
    "__file__": "str",
    "__module__": "str",
    "__name__": "str",
    "__package__": "str",
    "__qualname__": "str",
}


class Inference:
    """Answers `infer(expression, scope)` for the scopes of a whole program; a cycle means: anything."""

    def __init__(self, program: Program, modules: Mapping[str, Scope], scopes: Mapping[cst.CSTNode, Scope]) -> None:
        self._program = program
        self._searches = any(touches_search_path(module.text) for module in program.modules)
        self._modules = modules
        self._scopes = scopes
        self._depth = 0
        self._known: dict[tuple[cst.CSTNode, Scope], Facts] = {}

    def infer(self, node: cst.CSTNode, scope: Scope) -> Facts:
        """The facts of an expression evaluated in `scope`."""
        key = (node, scope)
        if key not in self._known:
            if self._depth > DEPTH:
                return ANYTHING
            self._depth += 1
            self._known[key] = ANYTHING
            self._known[key] = self._infer(node, scope)
            self._depth -= 1
        return self._known[key]

    def _infer(self, node: cst.CSTNode, scope: Scope) -> Facts:
        match node:
            case cst.Name():
                return self.name(node.value, scope)
            case cst.Attribute():
                return _union(self._attribute(fact, node.attr.value) for fact in self.infer(node.value, scope))
            case cst.Call():
                return _union(self._result(fact) for fact in self.infer(node.func, scope))
            case cst.Await():
                return self.infer(node.expression, scope)
            case cst.NamedExpr():
                return self.infer(node.value, scope)
            case cst.IfExp():
                return self.infer(node.body, scope) | self.infer(node.orelse, scope)
            case cst.BooleanOperation():
                return self.infer(node.left, scope) | self.infer(node.right, scope)
            case cst.BinaryOperation():
                return self._binary(node, scope)
            case cst.Subscript():
                return self._subscript(node, scope)
            case _:
                display = _DISPLAYS.get(type(node))
                return frozenset({Instance(f"builtins.{display}")}) if display else ANYTHING

    def name(self, name: str, scope: Scope) -> Facts:
        """The facts of a name mentioned in `scope`."""
        if name == "None":
            return frozenset({Nothing()})
        owner = scope.find(name)
        if owner is not None:
            return _union(self._bound(binding) for binding in self._possible(owner.bindings[name]))
        for star in scope.top.bindings.get("*", ()):
            facts = self._from_star(star, name)
            if facts is not None:
                return facts
        return frozenset({Library(f"builtins.{name}")}) if name in _BUILTINS else ANYTHING

    def _possible(self, bindings: list[Binding]) -> list[Binding]:
        """Leave out imports that must fail, of a module that is not installed, where something else binds the name too.

        `try: import fast as json`, `except ImportError: import json` binds what can be imported.
        """
        if len(bindings) == 1 or self._searches:
            return bindings
        return [one for one in bindings if not (isinstance(one, Imported) and self._is_missing(one.name))] or bindings

    def _is_missing(self, name: str) -> bool:
        top = name.partition(".")[0]
        return top not in self._program.libraries and not self._program.is_local(top)

    def _from_star(self, star: Binding, name: str) -> Facts | None:
        if not isinstance(star, Imported):
            return None
        module = self._modules.get(star.name)
        if module is not None:
            return self.name(name, module) if name in module.bindings else None
        known = catalogue.lookup(f"{star.name}.{name}")
        if name in _BUILTINS and not (known and known.is_sure):
            return None
        return frozenset({_library(f"{star.name}.{name}")})

    def _bound(self, binding: Binding) -> Facts:
        match binding:
            case Imported():
                return self._imported(binding.name)
            case Assigned():
                return self._assigned(binding)
            case Defined():
                return frozenset({Local(binding.scope)})
            case Self():
                return frozenset({Local(binding.scope, is_instance=not binding.is_class)})
            case _:
                return ANYTHING

    def _imported(self, name: str) -> Facts:
        if self._program.is_local(name):
            return frozenset({LocalModule(name)})
        parent, _, last = name.rpartition(".")
        if parent and self._program.is_local(parent):
            return self._module_attribute(parent, last)
        return frozenset({_library(name)})

    def _module_attribute(self, module: str, attribute: str) -> Facts:
        scope = self._modules.get(module)
        if scope is not None and (attribute in scope.bindings or scope.has_star):
            return self.name(attribute, scope)
        name = f"{module}.{attribute}"
        return frozenset({LocalModule(name)}) if self._program.is_local(name) else ANYTHING

    def _assigned(self, binding: Assigned) -> Facts:
        match binding.how:
            case "type":
                return self.annotated(binding.value, binding.scope)
            case "item":
                return _union(self._item(fact) for fact in self._callee(binding.value, binding.scope))
            case _:
                return frozenset(_as_alias(fact) for fact in self.infer(binding.value, binding.scope))

    def _callee(self, node: cst.BaseExpression, scope: Scope) -> Facts:
        return self.infer(node.func, scope) if isinstance(node, cst.Call) else ANYTHING

    def _item(self, callee: Fact) -> Facts:
        entry = catalogue.lookup(callee.name) if isinstance(callee, Library) else None
        return frozenset({Instance(entry.yields)}) if entry is not None and entry.yields else ANYTHING

    def annotated(self, node: cst.BaseExpression, scope: Scope) -> Facts:
        """The facts of a value with this annotation."""
        match node:
            case cst.SimpleString() if isinstance(node.evaluated_value, str):
                try:
                    return self.annotated(cst.parse_expression(node.evaluated_value), scope)
                except cst.ParserSyntaxError:
                    return ANYTHING
            case cst.BinaryOperation(operator=cst.BitOr()):
                return self.annotated(node.left, scope) | self.annotated(node.right, scope)
            case cst.Subscript():
                return self._generic(node, scope)
            case cst.Name() | cst.Attribute():
                return _union(_instance(fact) for fact in self.infer(node, scope))
            case _:
                return ANYTHING

    def _generic(self, node: cst.Subscript, scope: Scope) -> Facts:
        name = (dotted(node.value) or "").rpartition(".")[2]
        inner = [part.slice.value for part in node.slice if isinstance(part.slice, cst.Index)]
        if name in ("Optional", "Annotated", "Final", "ClassVar") and inner:
            return self.annotated(inner[0], scope)
        if name == "Union":
            return _union(self.annotated(part, scope) for part in inner)
        return self.annotated(node.value, scope)

    def _attribute(self, fact: Fact, name: str) -> Facts:
        match fact:
            case Library() if fact.is_method and not name.startswith("__"):
                return ANYTHING
            case Library():
                return _value_of(_library(f"{fact.name}.{name}", is_method=fact.is_method))
            case Instance():
                return _value_of(_library(f"{fact.name}.{name}", is_method=True))
            case LocalModule():
                return self._module_attribute(fact.name, name)
            case Local():
                return self._member(fact, name, 0)
            case Nothing():
                return frozenset()
            case _:
                return ANYTHING

    def _member(self, fact: Local, name: str, depth: int) -> Facts:
        if fact.scope.kind != "class" or depth > 8:
            return ANYTHING
        bindings = [*fact.scope.attributes.get(name, ()), *fact.scope.bindings.get(name, ())]
        if bindings:
            return _union(self._bound(binding) for binding in bindings)
        assert isinstance(fact.scope.node, cst.ClassDef)
        found: set[Fact] = set()
        for base in fact.scope.node.bases:
            for parent in self.infer(base.value, fact.scope.parent or fact.scope):
                found |= self._inherited(parent, fact, name, depth)
        return frozenset(found) or ANYTHING

    def _inherited(self, parent: Fact, fact: Local, name: str, depth: int) -> Facts:
        if isinstance(parent, Local):
            return self._member(replace(fact, scope=parent.scope), name, depth + 1)
        if isinstance(parent, Library) and catalogue.lookup(f"{parent.name}.{name}") is not None:
            return _value_of(_library(f"{parent.name}.{name}", is_method=fact.is_instance))
        return ANYTHING

    def _result(self, callee: Fact) -> Facts:
        match callee:
            case Library():
                entry = catalogue.lookup(callee.name)
                return frozenset({Instance(entry.returns)}) if entry is not None and entry.returns else ANYTHING
            case Instance():
                called = called_instance(callee)
                return self._result(called) if called is not callee else ANYTHING
            case Local() if not callee.is_instance:
                return self._local_result(callee.scope)
            case Nothing():
                return frozenset()
            case _:
                return ANYTHING

    def _local_result(self, scope: Scope) -> Facts:
        node = scope.node
        if isinstance(node, cst.ClassDef):
            return frozenset({Local(scope, is_instance=True)})
        if not isinstance(node, cst.FunctionDef) or scope.is_generator or node.decorators:
            return ANYTHING
        if node.returns is not None:
            return self.annotated(node.returns.annotation, scope.parent or scope)
        return _union(self.infer(value, scope) for value in scope.returns) if scope.returns else ANYTHING

    def _binary(self, node: cst.BinaryOperation, scope: Scope) -> Facts:
        left = self.infer(node.left, scope)
        if isinstance(node.operator, cst.Modulo) and Instance("builtins.str") in left:
            return left
        if isinstance(node.operator, cst.Divide):
            return left if all(_is_path(fact) for fact in left) else ANYTHING
        if isinstance(node.operator, cst.Add) and left == self.infer(node.right, scope):
            return left
        return ANYTHING

    def _subscript(self, node: cst.Subscript, scope: Scope) -> Facts:
        base = self.infer(node.value, scope)
        kinds = {fact.name for fact in base if isinstance(fact, Instance)}
        if len(kinds) < len(base):
            return ANYTHING
        if kinds <= {"builtins.str", "os.environ"}:
            return frozenset({Instance("builtins.str")})
        items = [catalogue.lookup(f"{kind}.__getitem__") for kind in kinds]
        return frozenset(Instance(one.returns) if one is not None and one.returns else Anything() for one in items)


def _union(sets: Iterable[Facts]) -> Facts:
    return frozenset().union(*sets)


def _library(name: str, *, is_method: bool = False) -> Library:
    return Library(catalogue.canonical(name), is_method)


def _value_of(fact: Library) -> Facts:
    """The attribute itself, or what the catalogue or Python's data model says is in it."""
    own = _DATA_MODEL.get(fact.name.rpartition(".")[2])
    if own is not None:
        return frozenset({Instance(f"builtins.{own}")})
    entry = catalogue.lookup(fact.name)
    return frozenset({Instance(entry.instance_of) if entry is not None and entry.instance_of else fact})


def _instance(fact: Fact) -> Facts:
    match fact:
        case Library():
            return frozenset({Instance(fact.name)})
        case Local():
            return frozenset({replace(fact, is_instance=True)})
        case Nothing() | Anything():
            return frozenset({fact})
        case _:
            return ANYTHING


def called_instance(fact: Fact) -> Fact:
    """What is called where an instance is: its class's `__call__`, if the catalogue has it; else the fact itself."""
    name = f"{fact.name}.__call__" if isinstance(fact, Instance) else ""
    entry = catalogue.lookup(name) if name else None
    return Library(name, is_method=True) if entry is not None and entry.is_sure else fact


def _as_alias(fact: Fact) -> Fact:
    return replace(fact, is_alias=True) if isinstance(fact, Library) else fact


def _is_path(fact: Fact) -> bool:
    return isinstance(fact, Instance) and fact.name.startswith("pathlib.")
