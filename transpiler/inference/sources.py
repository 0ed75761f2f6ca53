"""Libraries' source files as symbol tables: modules, classes and functions by dotted name. Nothing is imported."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TypeAlias

from durable.transpiler.finder import library_spec

MOST_FILES = 400
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Import:
    """Bound by an import statement to a dotted name; `module`: of `from module import`."""

    name: str
    module: str = ""


@dataclass(frozen=True)
class Variable:
    """Bound to an expression's value; `how`: value, item (for), enter (with), part (unpacked), type (annotated)."""

    expression: ast.expr
    how: str = "value"


@dataclass(eq=False)
class Module:
    """One source file."""

    name: str
    path: Path
    package: str
    text: str = field(default="", repr=False)
    bindings: dict[str, list[Binding]] = field(default_factory=dict, repr=False)
    stars: list[str] = field(default_factory=list, repr=False)

    def gives(self, name: str) -> bool:
        """Whether `from module import *` may bind a name."""
        said = [one.expression for one in self.bindings.get("__all__", ()) if isinstance(one, Variable)]
        if not said or not all(isinstance(one, (ast.List, ast.Tuple)) for one in said):
            return not name.startswith("_") or bool(said)
        texts = [part for one in said for part in ast.walk(one) if isinstance(part, ast.Constant)]
        return any(part.value == name for part in texts)


@dataclass(eq=False)
class Class:
    """A class with what its body binds, and what its methods set on self: (expression, how, method)."""

    module: Module = field(repr=False)
    qualname: str
    node: ast.ClassDef = field(repr=False)
    bindings: dict[str, list[Binding]] = field(default_factory=dict, repr=False)
    attributes: dict[str, list[tuple[Variable, Function]]] = field(default_factory=dict, repr=False)


@dataclass(eq=False)
class Function:
    """A function; `owner` is the class whose body it stands in."""

    module: Module = field(repr=False)
    qualname: str
    node: FunctionNode = field(repr=False)
    owner: Class | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The dotted name."""
        return f"{self.module.name}.{self.qualname}"

    @property
    def decorators(self) -> list[ast.expr]:
        """The decorators' expressions."""
        return [] if isinstance(self.node, ast.Lambda) else self.node.decorator_list

    @property
    def decorator_names(self) -> frozenset[str]:
        """The last parts of the decorators' names."""
        return frozenset(
            ast.unparse(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]
            for node in self.decorators
        )


Binding: TypeAlias = Import | Variable | Class | Function


class Sources:
    """Finds and reads the modules of libraries; `files` are those that were read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._modules: dict[str, Module | None] = {}
        self._folders: dict[str, list[str]] = {}
        self._specs: dict[str, ModuleSpec | None] = {}
        self._methods: dict[str, dict[str, list[Function]]] = {}
        self.files: list[Path] = []

    def module(self, name: str) -> Module | None:
        """The module of a dotted name, None if there is no Python source for it."""
        if name not in self._modules:
            path = self._path(name)
            self._modules[name] = self._read(name, path) if path is not None else None
        return self._modules[name]

    def exists(self, name: str) -> bool:
        """Whether a dotted name is a module, with source or without."""
        if self.module(name) is not None:
            return True
        if "." not in name:
            return self._spec(name) is not None
        parent, _, last = name.rpartition(".")
        return any(
            any(Path(folder).glob(f"{last}.*.so")) or (Path(folder) / last).is_dir() for folder in self._inside(parent)
        )

    def methods(self, name: str, method: str) -> list[Function]:
        """The methods of that name of all classes of the library that module `name` belongs to."""
        top = name.partition(".")[0]
        if top not in self._methods:
            self._methods[top] = {}
            for module in self._all(top):
                for function in _methods_of(module.bindings):
                    self._methods[top].setdefault(function.qualname.rpartition(".")[2], []).append(function)
        return self._methods[top].get(method, [])

    def _all(self, top: str) -> Iterator[Module]:
        names = [top]
        for folder in self._inside(top):
            for path in sorted(Path(folder).rglob("*.py"))[:MOST_FILES]:
                parts = path.relative_to(folder).with_suffix("").parts
                if "tests" not in parts and "__main__" not in parts:
                    names.append(".".join((top, *(part for part in parts if part != "__init__"))))
        yield from (module for name in dict.fromkeys(names) if (module := self.module(name)) is not None)

    def _spec(self, top: str) -> ModuleSpec | None:
        if top not in self._specs:
            try:
                self._specs[top] = library_spec(top, self._root)
            except (ImportError, ValueError, AttributeError):
                self._specs[top] = None
        return self._specs[top]

    def _inside(self, name: str) -> list[str]:
        """The folders of a package."""
        if name not in self._folders:
            parent, _, last = name.rpartition(".")
            if not parent:
                spec = self._spec(name)
                self._folders[name] = list(spec.submodule_search_locations or []) if spec is not None else []
            else:
                places = [Path(folder) / last for folder in self._inside(parent)]
                self._folders[name] = [str(place) for place in places if place.is_dir()]
        return self._folders[name]

    def _path(self, name: str) -> Path | None:
        parent, _, last = name.rpartition(".")
        if not parent:
            spec = self._spec(name)
            origin = spec.origin if spec is not None else None
            if spec is not None and origin == "frozen":
                origin = getattr(spec.loader_state, "filename", None)
            return Path(origin) if origin and origin.endswith(".py") and Path(origin).is_file() else None
        for folder in self._inside(parent):
            for path in (Path(folder) / last / "__init__.py", Path(folder) / f"{last}.py"):
                if path.is_file():
                    return path
        return None

    def _read(self, name: str, path: Path) -> Module | None:
        try:
            with tokenize.open(path) as file:
                text = file.read()
            tree = ast.parse(text, str(path))
        except (OSError, SyntaxError, ValueError, RecursionError):
            return None
        self.files.append(path)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        module = Module(name, path, package, text)
        _Builder(module).body(tree.body, module.bindings, None)
        return module


def _methods_of(bindings: dict[str, list[Binding]]) -> Iterator[Function]:
    for found in bindings.values():
        for binding in found:
            if isinstance(binding, Class):
                yield from (one for many in binding.bindings.values() for one in many if isinstance(one, Function))
                yield from _methods_of(binding.bindings)


class _Builder:
    """Fills a module's symbol table."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def body(self, statements: list[ast.stmt], into: dict[str, list[Binding]], owner: Class | None) -> None:
        for statement in statements:
            for name, binding in bindings_of(statement, self._module, owner):
                if name == "*":
                    assert isinstance(binding, Import)
                    self._module.stars.append(binding.name)
                else:
                    into.setdefault(name, []).append(binding)
                if isinstance(binding, Class):
                    self.body(binding.node.body, binding.bindings, binding)
                    self._attributes(binding)

    def _attributes(self, cls: Class) -> None:
        for function in [one for many in cls.bindings.values() for one in many if isinstance(one, Function)]:
            first = first_parameter(function)
            if first is None:
                continue
            for node in ast.walk(function.node):
                for target, variable in assigned(node):
                    if isinstance(target, ast.Attribute) and _is_name(target.value, first):
                        cls.attributes.setdefault(target.attr, []).append((variable, function))


def first_parameter(function: Function) -> str | None:
    """The name of a method's `self` or `cls`, None for functions that have none."""
    arguments = function.node.args
    first = next(iter((*arguments.posonlyargs, *arguments.args)), None)
    is_method = function.owner is not None and "staticmethod" not in function.decorator_names
    return first.arg if first is not None and is_method else None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def bindings_of(statement: ast.stmt, module: Module, owner: Class | None) -> Iterator[tuple[str, Binding]]:
    """What a statement binds, the statements in its blocks included; functions and classes are not entered."""
    prefix = f"{owner.qualname}." if owner is not None else ""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            function = Function(module, prefix + statement.name, statement, owner)
            if "overload" not in function.decorator_names:
                yield statement.name, function
        case ast.ClassDef():
            yield statement.name, Class(module, prefix + statement.name, statement)
        case ast.Import():
            for alias in statement.names:
                yield (
                    alias.asname or alias.name.partition(".")[0],
                    Import(alias.name if alias.asname else alias.name.partition(".")[0]),
                )
        case ast.ImportFrom():
            base = _absolute(statement, module.package)
            yield from (
                (alias.asname or alias.name, Import(base if alias.name == "*" else f"{base}.{alias.name}", base))
                for alias in statement.names
            )
        case ast.If(test=test) if ast.unparse(test).endswith("TYPE_CHECKING"):
            yield from _nested(statement.orelse, module, owner)
        case _:
            for target, variable in assigned(statement):
                if isinstance(target, ast.Name):
                    yield target.id, variable
            yield from _nested(list(ast.iter_child_nodes(statement)), module, owner)


def _nested(
    nodes: list[ast.AST] | list[ast.stmt], module: Module, owner: Class | None
) -> Iterator[tuple[str, Binding]]:
    for node in nodes:
        if isinstance(node, ast.stmt):
            yield from bindings_of(node, module, owner)
        elif isinstance(node, (ast.ExceptHandler, ast.match_case)):
            yield from _nested(list(node.body), module, owner)
        elif isinstance(node, ast.expr):
            for part in ast.walk(node):
                if isinstance(part, ast.NamedExpr):
                    yield part.target.id, Variable(part.value)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")[: len(package.split(".")) - (node.level - 1)]
    return ".".join([*parts, *([node.module] if node.module else [])])


def assigned(node: ast.AST) -> Iterator[tuple[ast.expr, Variable]]:
    """The targets that one node assigns, with what is assigned."""
    match node:
        case ast.Assign():
            for target in node.targets:
                yield from _unpacked(target, node.value, "value")
        case ast.AnnAssign() if node.value is not None:
            yield node.target, Variable(node.value)
        case ast.AnnAssign():
            yield node.target, Variable(node.annotation, "type")
        case ast.NamedExpr():
            yield node.target, Variable(node.value)
        case ast.AugAssign():
            yield node.target, Variable(node.value)
        case ast.For() | ast.AsyncFor():
            yield from _unpacked(node.target, node.iter, "item")
        case ast.comprehension():
            yield from _unpacked(node.target, node.iter, "item")
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                if item.optional_vars is not None:
                    yield from _unpacked(item.optional_vars, item.context_expr, "enter")
        case _:
            pass


def _unpacked(target: ast.expr, value: ast.expr, how: str) -> Iterator[tuple[ast.expr, Variable]]:
    if isinstance(target, ast.Starred):
        target = target.value
    if not isinstance(target, (ast.Tuple, ast.List)):
        yield target, Variable(value, how)
        return
    if how == "value" and isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
        for one, item in zip(target.elts, value.elts, strict=True):
            yield from _unpacked(one, item, "value")
        return
    for one in target.elts:
        yield from _unpacked(one, value, "part" if how == "value" else f"{how}-part")
