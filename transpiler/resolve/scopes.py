"""The scopes of a module and what binds each name in them; binding order and branches do not matter here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst

from durable.transpiler.imports import Import, absolute_base
from durable.transpiler.ir.program import SourceModule
from durable.transpiler.trees import EXPRESSIONS, LEAVES, alias_name, bound_name, children, dotted

Comprehension: TypeAlias = cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp
Definition: TypeAlias = cst.FunctionDef | cst.Lambda | cst.ClassDef
_NO_BINDINGS = LEAVES | {cst.Name}
COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)


@dataclass(frozen=True)
class Imported:
    """Bound by an import to a dotted name."""

    name: str


@dataclass(frozen=True, eq=False)
class Assigned:
    """Bound to the value of an expression; `how`: value, enter (with), item (for), or type (an annotation)."""

    value: cst.BaseExpression
    scope: Scope
    how: str = "value"


@dataclass(frozen=True, eq=False)
class Defined:
    """Bound to a function or class of the program."""

    scope: Scope


@dataclass(frozen=True)
class Self:
    """The first parameter of a method of this class scope; `is_class`: of a class method."""

    scope: Scope
    is_class: bool


@dataclass(frozen=True)
class Opaque:
    """Bound to something that is not followed."""


Binding: TypeAlias = Imported | Assigned | Defined | Self | Opaque


@dataclass(eq=False)
class Scope:
    """One scope under construction: its bindings by name, and for classes the attributes its methods set on self."""

    kind: str
    module: str
    qualname: str
    parent: Scope | None
    node: cst.CSTNode
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    attributes: dict[str, list[Binding]] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    returns: list[cst.BaseExpression] = field(default_factory=list)
    is_generator: bool = False
    has_star: bool = False

    def bind(self, name: str, binding: Binding) -> None:
        """Adds one binding of `name`, in the scope that `global` and `nonlocal` say."""
        self.owner(name).bindings.setdefault(name, []).append(binding)

    def owner(self, name: str) -> Scope:
        """The scope that a binding of `name` made here belongs to."""
        if name in self.globals:
            return self.top
        if name in self.nonlocals and self.parent is not None:
            found = self.parent.find(name)
            return found or self.parent
        return self

    def find(self, name: str) -> Scope | None:
        """The scope in which a mention of `name` made here finds it, None for builtins and unknown names."""
        if name in self.globals:
            return self.top if name in self.top.bindings else None
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings and (scope is self or scope.kind != "class"):
                return scope
            scope = scope.parent
        return None

    @property
    def top(self) -> Scope:
        """The module scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    @property
    def function(self) -> str:
        """The qualified name of the function or class body that this scope's code runs in."""
        scope: Scope | None = self
        while scope is not None and scope.kind == "comprehension":
            scope = scope.parent
        return scope.qualname if scope is not None else ""


class ScopeBuilder:
    """Builds the scopes of one module: `scopes[node]` is the scope that a defining node opens."""

    def __init__(self, source: SourceModule) -> None:
        self._source = source
        self.module = Scope("module", source.name, "", None, source.tree)
        self.scopes: dict[cst.CSTNode, Scope] = {source.tree: self.module}
        for statement in source.tree.body:
            self._visit(statement, self.module)

    def _visit(self, node: cst.CSTNode, scope: Scope) -> None:
        if type(node) in EXPRESSIONS:
            for child in children(node):
                if type(child) not in _NO_BINDINGS:
                    self._visit(child, scope)
            return
        match node:
            case cst.FunctionDef():
                self._function(node, scope)
            case cst.Lambda():
                self._lambda(node, scope)
            case cst.ClassDef():
                self._class(node, scope)
            case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
                self._comprehension(node, scope)
            case _:
                self._bind(node, scope)
                for child in children(node):
                    self._visit(child, scope)

    def _bind(self, node: cst.CSTNode, scope: Scope) -> None:
        match node:
            case cst.Import():
                self._import(node, scope)
            case cst.ImportFrom():
                self._import_from(node, scope)
            case cst.Global():
                scope.globals |= {item.name.value for item in node.names}
            case cst.Nonlocal():
                scope.nonlocals |= {item.name.value for item in node.names}
            case cst.Return() if node.value is not None:
                scope.returns.append(node.value)
            case cst.Yield():
                scope.is_generator = True
            case cst.MatchAs() | cst.MatchStar() | cst.MatchMapping():
                name = node.rest if isinstance(node, cst.MatchMapping) else node.name
                if name is not None:
                    scope.bind(name.value, Opaque())
            case _:
                self._bind_targets(node, scope)

    def _bind_targets(self, node: cst.CSTNode, scope: Scope) -> None:
        match node:
            case cst.Assign():
                for target in node.targets:
                    _assign(target.target, Assigned(node.value, scope), scope)
            case cst.AnnAssign():
                _assign(node.target, Assigned(node.annotation.annotation, scope, "type"), scope)
            case cst.AugAssign():
                _assign(node.target, Opaque(), scope)
            case cst.NamedExpr():
                outer = scope
                while outer.kind == "comprehension" and outer.parent is not None:
                    outer = outer.parent
                _assign(node.target, Assigned(node.value, scope), outer)
            case cst.For() | cst.CompFor():
                _assign(node.target, Assigned(node.iter, scope, "item"), scope)
            case cst.WithItem() if node.asname is not None:
                _assign(node.asname.name, Assigned(node.item, scope, "enter"), scope)
            case cst.ExceptHandler() | cst.ExceptStarHandler() if node.name is not None:
                caught = node.type if node.type is not None else cst.Name("BaseException")
                _assign(node.name.name, Assigned(caught, scope, "type"), scope)
            case cst.Del():
                for name in _names(node.target):
                    scope.bind(name, Opaque())
            case _:
                pass

    def _import(self, node: cst.Import, scope: Scope) -> None:
        for alias in node.names:
            name = alias_name(alias)
            bound = bound_name(alias)
            scope.bind(bound or name.partition(".")[0], Imported(name if bound else name.partition(".")[0]))

    def _import_from(self, node: cst.ImportFrom, scope: Scope) -> None:
        base = absolute_base(Import(node, dotted(node.module) or "", len(node.relative), ()), self._source.package)
        if isinstance(node.names, cst.ImportStar):
            scope.has_star = True
            scope.bind("*", Imported(base) if base is not None else Opaque())
            return
        for alias in node.names:
            name = alias_name(alias)
            scope.bind(bound_name(alias) or name, Imported(f"{base}.{name}") if base else Opaque())

    def _open(self, kind: str, node: cst.CSTNode, scope: Scope, name: str) -> Scope:
        prefix = scope.function
        if prefix and scope.kind != "class":
            prefix += ".<locals>"
        opened = Scope(kind, scope.module, f"{prefix}.{name}" if prefix else name, scope, node)
        self.scopes[node] = opened
        return opened

    def _function(self, node: cst.FunctionDef, scope: Scope) -> None:
        opened = self._open("function", node, scope, node.name.value)
        scope.bind(node.name.value, Defined(opened))
        for decorator in node.decorators:
            self._visit(decorator, scope)
        self._parameters(node.params, scope, opened)
        if node.returns is not None:
            self._visit(node.returns, scope)
        if scope.kind == "class":
            self._first_parameter(node, scope, opened)
        self._visit(node.body, opened)

    def _first_parameter(self, node: cst.FunctionDef, owner: Scope, opened: Scope) -> None:
        decorators = {dotted(decorator.decorator) for decorator in node.decorators}
        first = next(iter((*node.params.posonly_params, *node.params.params)), None)
        if first is None or "staticmethod" in decorators or first.annotation is not None:
            return
        opened.bindings[first.name.value] = [Self(owner, is_class="classmethod" in decorators)]

    def _lambda(self, node: cst.Lambda, scope: Scope) -> None:
        opened = self._open("function", node, scope, "<lambda>")
        self._parameters(node.params, scope, opened)
        self._visit(node.body, opened)

    def _parameters(self, params: cst.Parameters, scope: Scope, opened: Scope) -> None:
        for param in _all_parameters(params):
            if param.default is not None:
                self._visit(param.default, scope)
            annotated = param.annotation is not None and not param.star
            binding = (
                Assigned(param.annotation.annotation, scope, "type") if annotated and param.annotation else Opaque()
            )
            opened.bind(param.name.value, binding)

    def _class(self, node: cst.ClassDef, scope: Scope) -> None:
        opened = self._open("class", node, scope, node.name.value)
        scope.bind(node.name.value, Defined(opened))
        for part in (*node.decorators, *node.bases, *node.keywords):
            self._visit(part, scope)
        self._visit(node.body, opened)

    def _comprehension(self, node: Comprehension, scope: Scope) -> None:
        opened = self._open("comprehension", node, scope, "<comprehension>")
        opened.qualname = scope.function
        for child in children(node):
            self._visit(child, opened)


def _all_parameters(params: cst.Parameters) -> Iterator[cst.Param]:
    yield from params.posonly_params
    yield from params.params
    if isinstance(params.star_arg, cst.Param):
        yield params.star_arg
    yield from params.kwonly_params
    if params.star_kwarg is not None:
        yield params.star_kwarg


def _names(target: cst.CSTNode) -> Iterator[str]:
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _names(element.value)


def _assign(target: cst.CSTNode, binding: Binding, scope: Scope) -> None:
    """Binds a target: a name, an attribute of self, or each name of an unpacking (whose parts are not followed)."""
    if isinstance(target, cst.Name):
        scope.bind(target.value, binding)
    elif isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name):
        for own in scope.bindings.get(target.value.value, ()):
            if isinstance(own, Self):
                own.scope.attributes.setdefault(target.attr.value, []).append(binding)
    else:
        for name in _names(target):
            scope.bind(name, Opaque())
