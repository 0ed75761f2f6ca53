"""What functions of the program that a step calls can change without being given it: globals, attributes of classes.

A step that runs code of the program (a callback, a function marked as one step) may bind a global anew or change what
it holds. `Touched` names such places; as a root of the step it is compared before and after, recorded where it differs,
and changed in the same places on replay. What closures and methods hold is a matter of the codec.
"""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

_BINDS = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
_USES = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_FIXED = (str, bytes, int, float, complex, bool, type(None), types.BuiltinFunctionType)
_CODE: tuple[type, ...] = (types.FunctionType, types.BuiltinFunctionType, classmethod, staticmethod, property, type)

_SHAPES = frozenset({"builtins", "abc", "typing", "collections", "collections.abc", "_collections_abc"})
"""Modules whose classes give a program's classes their shape and call nothing of them in secret."""
_MACHINERY = frozenset(
    """sqlalchemy.engine.base:Engine sqlalchemy.orm.decl_api:registry sqlalchemy.orm.instrumentation:ClassManager
    sqlalchemy.orm.mapper:Mapper""".split()
)
"""Classes of libraries whose objects the program's own code makes again: what a step changes in them is a cache."""

Modules = Mapping[str, types.ModuleType]


class Touched:
    """Names in a module's namespace, or the data attributes of a class, that a step may bind to something else."""

    def __init__(self, owner: dict[str, Any] | type, names: frozenset[str]) -> None:
        self._owner = owner
        self._names = names

    @property
    def places(self) -> set[tuple[int, str]]:
        """What it names, to compare with others: an owner and a name, or a class and "" for all that it has."""
        names = {""} if isinstance(self._owner, type) else self._names
        return {(id(self._owner), name) for name in names}

    def without(self, places: set[tuple[int, str]]) -> Touched | None:
        """Return what is left of it without `places`, None if nothing is."""
        left = self.places - places
        return Touched(self._owner, frozenset(name for _, name in left if name)) if left else None

    def values(self) -> dict[str, Any]:
        """Return what the names stand for now."""
        if isinstance(self._owner, type):
            return _data_of(self._owner)
        return {name: self._owner[name] for name in sorted(self._names) if name in self._owner}

    def take(self, values: Mapping[str, Any]) -> None:
        """Bind the names to `values`, and no other of them."""
        if isinstance(self._owner, type):
            before = _data_of(self._owner)
            for name in before.keys() - values.keys():
                type.__delattr__(self._owner, name)
            for name, value in values.items():
                if name not in before or before[name] is not value:
                    type.__setattr__(self._owner, name, value)
            return
        for name in self._names - values.keys():
            self._owner.pop(name, None)
        self._owner.update(values)

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return _nothing, (), tuple(self.values().items())


def _nothing() -> None:
    """What the image of a `Touched` is made of; never called."""


def _data_of(cls: type) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(cls).items()
        if not name.startswith("__") and not isinstance(value, _CODE) and not hasattr(type(value), "__get__")
        if not _is_machinery(value) and type(value).__module__ != "sqlalchemy.sql.schema"
    }


def _is_machinery(value: Any) -> bool:
    kind = type(value)
    return f"{kind.__module__}:{kind.__qualname__}" in _MACHINERY


def touched_by(values: Iterable[Any], modules: Modules) -> list[Touched]:
    """Return what the functions of the program among `values` may change; `modules` are the program's."""
    values = [value for value in values if not _is_of_library(value, modules)]
    if not values:
        return []
    search = _Search(modules)
    for value in values:
        if isinstance(value, Mapping):
            value = tuple(value.values())
        for item in value if isinstance(value, list | tuple) else (value,):
            search.callable(item)
    return search.found()


def reached_by(code: list[Any], modules: Modules, known: Iterable[Any]) -> list[Touched]:
    """Return what functions and classes that were found inside arguments may change, but for the `known` of it.

    Of the classes those count that a library knows how to call: with bases of a library, or `__call__`.
    """
    own = [item for item in code if _is_of_program(item, modules)]
    if not own:
        return []
    search = _Search(modules)
    for item in own:
        search.callable(item)
    places = {place for root in known if isinstance(root, Touched) for place in root.places}
    left = [found.without(places) for found in search.found()]
    return [found for found in left if found is not None]


def _is_of_program(item: Any, modules: Modules) -> bool:
    if not isinstance(item, type):
        return getattr(item, "__globals__", {}).get("__name__") in modules
    if item.__module__ not in modules or issubclass(item, Enum):
        return False
    bases = (base for base in item.__mro__[1:-1] if base.__module__ not in modules)
    return "__call__" in vars(item) or any(base.__module__ not in _SHAPES for base in bases)


def _is_of_library(value: Any, modules: Modules) -> bool:
    """Say at once of the most common callees that none of the program's code is in them."""
    if type(value) is types.FunctionType:
        return value.__globals__.get("__name__") not in modules
    return type(value) is types.BuiltinFunctionType


class _Uses(NamedTuple):
    """Global names that code reads, those that it binds, and all names in it (attributes of modules among them)."""

    read: tuple[str, ...]
    bound: tuple[str, ...]
    names: tuple[str, ...]


@functools.lru_cache(maxsize=1024)
def _uses(code: types.CodeType) -> _Uses:
    read: dict[str, None] = {}
    bound: dict[str, None] = {}
    names: dict[str, None] = dict.fromkeys(code.co_names)
    for instruction in dis.get_instructions(code):
        if instruction.opname in _USES:
            read[instruction.argval] = None
        elif instruction.opname in _BINDS:
            bound[instruction.argval] = None
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            uses = _uses(inner)
            read.update(dict.fromkeys(uses.read))
            bound.update(dict.fromkeys(uses.bound))
            names.update(dict.fromkeys(uses.names))
    return _Uses(tuple(read), tuple(bound), tuple(names))


class _Search:
    """Follows functions of the program to what they touch, in an order that follows from the program alone."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._seen: set[int] = set()
        self._names: dict[str, dict[str, None]] = {}
        self._classes: dict[type, None] = {}

    def found(self) -> list[Touched]:
        """Return what was found so far."""
        spaces = [Touched(vars(self._modules[name]), frozenset(names)) for name, names in self._names.items() if names]
        return [*spaces, *[Touched(cls, frozenset()) for cls in self._classes]]

    def callable(self, value: Any) -> None:
        """Follow `value` if calling it runs code of the program."""
        while isinstance(value, functools.partial | types.MethodType):
            value = value.func if isinstance(value, functools.partial) else value.__func__
        if isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, type):
            self._class(value)
        else:
            self._function(vars(type(value)).get("__call__"))

    def _function(self, function: Any) -> None:
        if not isinstance(function, types.FunctionType) or id(function) in self._seen:
            return
        self._seen.add(id(function))
        space = function.__globals__
        module = self._modules.get(space.get("__name__", ""))
        if module is not None and vars(module) is space:
            self._code(function.__code__, space, space["__name__"])
            for cell in _cells(function):
                if isinstance(cell, types.FunctionType | types.MethodType | functools.partial):
                    self.callable(cell)

    def _code(self, code: types.CodeType, space: dict[str, Any], module: str) -> None:
        uses = _uses(code)
        names = self._names.setdefault(module, {})
        names.update(dict.fromkeys(uses.bound))
        for name in uses.read:
            value = space.get(name)
            if isinstance(value, types.FunctionType | types.MethodType | functools.partial):
                self.callable(value)
            elif isinstance(value, type):
                self._class(value)
            elif isinstance(value, types.ModuleType):
                self._module(value, uses.names)
            elif name in space and not isinstance(value, _FIXED) and not _is_machinery(value):
                names[name] = None

    def _module(self, module: types.ModuleType, names: tuple[str, ...]) -> None:
        """Follow what `module.name` stands for in code that mentions a module of the program."""
        if self._modules.get(module.__name__) is not module:
            return
        space = vars(module)
        for name in names:
            value = space.get(name)
            if isinstance(value, types.FunctionType):
                self.callable(value)
            elif isinstance(value, type):
                self._class(value)
            elif name in space and not isinstance(value, types.ModuleType) and not _is_machinery(value):
                self._names.setdefault(module.__name__, {})[name] = None

    def _class(self, cls: type) -> None:
        if id(cls) in self._seen:
            return
        self._seen.add(id(cls))
        for base in cls.__mro__:
            if self._modules.get(base.__module__) is None:
                continue
            self._classes[base] = None
            for member in vars(base).values():
                member = member.__func__ if isinstance(member, classmethod | staticmethod) else member
                member = member.fget if isinstance(member, property) else member
                self._function(member)


def _cells(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # an empty one
            continue
