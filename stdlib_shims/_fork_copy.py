"""The copy of a program's memory that a child process begins with: one graph, so that aliases hold.

Objects are copied by their parts: no method of theirs is called, for a fork calls none. What has no parts to copy (an
open file, a connection, a library's own object of C) stays shared, as descriptors are; a suspended generator cannot
even be shared, so what stands for it is refused on use.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import pathlib
import re
import sys
import types
import uuid
from collections.abc import Callable
from typing import Any

from durable.stdlib_shims._fork_places import Attributes, Function, Names, Place, Variable

_HEAP_TYPE = 1 << 9
_ATOMS: tuple[type, ...] = (
    *(type(None), bool, int, float, complex, str, bytes, range, types.EllipsisType, types.NotImplementedType),
    *(types.ModuleType, types.CodeType, types.GetSetDescriptorType, types.MemberDescriptorType),
    *(types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType),
    *(types.GenericAlias, types.UnionType, types.FrameType, types.TracebackType, types.MappingProxyType),
    *(datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, decimal.Decimal, fractions.Fraction),
    *(uuid.UUID, pathlib.PurePath, re.Pattern, re.Match, enum.Enum, memoryview),
)
_EXACT_ATOMS = frozenset(
    {type(None), bool, int, float, complex, str, bytes, range, object, types.ModuleType, types.CodeType}
)
_SHARED_MODULES = frozenset(
    """dataclasses multiprocessing.heap subprocess socket ssl select selectors
    typing typing_extensions sqlite3 greenlet""".split()
)
Handler = Callable[["Copier", Any], Any]
HANDLERS: dict[type, Handler] = {}
"""How objects are copied, by exact type; durable's own that are not here are shared."""
BASES: dict[type, Callable[[Copier, Any, type], Any]] = {}
"""How instances of classes are begun, by the type of C that they are made of; their attributes follow."""


class Copier:
    """Copies objects for one fork. `places` are what was met whose content is exchanged, with the child's content.

    `program` says whether a module name is the program's; `shared` are ids of what libraries keep in their modules.
    """

    def __init__(self, program: Callable[[str], bool], shared: frozenset[int]) -> None:
        self._is_program = program
        self._shared = shared
        self.memo: dict[int, Any] = {}
        self._kept: list[Any] = []
        self._fills: collections.deque[Callable[[], None]] = collections.deque()
        self._inserts: list[Callable[[], None]] = []
        self.places: dict[int, tuple[Place, Any]] = {}
        self._found: list[tuple[int, Place]] = []

    def note(self, value: Any, copied: Any) -> Any:
        """Let `copied` be the copy of `value` from now on."""
        self.memo[id(value)] = copied
        self._kept.append(value)
        return copied

    def finish(self) -> None:
        """Fill what was copied so far with its content."""
        while self._fills or self._found:
            while self._fills:
                self._fills.popleft()()
            found, self._found = self._found, []
            for key, place in found:
                self.places[key] = (place, place.copied(self.copy))
        for insert in self._inserts:
            insert()
        self._inserts.clear()

    def namespace(self, names: dict[str, Any]) -> None:
        """Give the child names of its own in a module."""
        self._visit(names, Names(names))

    def _visit(self, owner: Any, place: Place) -> None:
        if id(owner) not in self.memo:
            self.note(owner, owner)
            self._found.append((id(owner), place))

    def copy(self, value: Any) -> Any:
        """Return the child's copy of `value`; it is complete after `finish`."""
        kind = type(value)
        if kind in _EXACT_ATOMS:
            return value
        found = self.memo.get(id(value), self)
        if found is not self:
            return found
        handler = HANDLERS.get(kind)
        if handler is not None:
            return self.note(value, handler(self, value))
        if isinstance(value, type):
            return self._class(value)
        if id(value) in self._shared or self._is_shared(kind) or isinstance(value, _ATOMS):
            return self.note(value, value)
        return self._object(value, kind)

    def _is_shared(self, kind: type) -> bool:
        module = kind.__module__
        return module in _SHARED_MODULES or module.startswith("durable.")

    def _class(self, cls: type) -> type:
        if self._is_program(cls.__module__):
            self._visit(cls, Attributes(cls))
            for base in cls.__bases__:
                self.copy(base)
        return cls

    def is_of_library(self, value: Any) -> bool:
        """Say whether a module of a library holds `value`."""
        return id(value) in self._shared

    def function(self, function: types.FunctionType) -> Any:
        if id(function) in self._shared:
            return function
        for cell in function.__closure__ or ():
            self._visit(cell, Variable(cell))
        if self._is_program(function.__module__ or "") or function.__dict__:
            self._visit(function, Function(function))
        return function

    def later(self, fill: Callable[[], None]) -> None:
        self._fills.append(fill)

    def at_last(self, insert: Callable[[], None]) -> None:
        """Have `insert` called when all attributes are there: hashes may depend on them."""
        self._inserts.append(insert)

    # Instances

    def _object(self, value: Any, kind: type) -> Any:
        base = next((base for base in kind.__mro__ if not base.__flags__ & _HEAP_TYPE), object)
        make = BASES.get(base)
        if make is None and issubclass(kind, BaseException):
            make = BASES[BaseException]
        if make is None and base.__module__ == "_ctypes":
            return self.note(value, _memory_of_c(value, kind))
        if make is None:
            return self.note(value, self._reduced(value, kind))
        try:
            copied = self.note(value, make(self, value, kind))
        except TypeError:  # a type of C's that says what it is only now
            return self.note(value, self._reduced(value, kind))
        self.later(lambda: self._attributes(value, copied, kind))
        return copied

    def _attributes(self, value: Any, copied: Any, kind: type) -> None:
        for cls in kind.__mro__:
            if cls.__flags__ & _HEAP_TYPE and "__slots__" in vars(cls):
                for member in vars(cls).values():
                    if type(member) is types.MemberDescriptorType:
                        _copy_slot(self, member, value, copied)
        try:
            names = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return
        own = object.__getattribute__(copied, "__dict__")
        for name, item in list(names.items()):
            own[name] = self.copy(item)

    def _reduced(self, value: Any, kind: type) -> Any:
        """Copy an object of C by what pickling it would keep; share it if it cannot be pickled."""
        if _is_view(value, kind):
            return value
        if not all(_is_of_c(kind, name) for name in ("__reduce_ex__", "__reduce__")):
            return value
        try:
            made = value.__reduce_ex__(4)
        except Exception:
            return value
        if isinstance(made, str):
            return value
        parts: list[Any] = [*made, None, None, None]
        function, args, state, items, pairs = parts[:5]
        copied = function(*(self.copy(arg) for arg in args))
        if items is not None or pairs is not None:
            return value
        if state is not None:
            self.later(lambda: _set_state(copied, self.copy(state)))
        return copied


def _memory_of_c(value: Any, kind: Any) -> Any:
    """Copy a ctypes object that holds its own memory; what lies in shared memory, or points, stays as it is."""
    is_own = value._b_base_ is None and not hasattr(value, "_wrapper") and hasattr(kind, "from_buffer_copy")
    if not is_own or value._objects is not None:
        return value
    return kind.from_buffer_copy(value)


def _is_view(value: Any, kind: type) -> bool:
    """Say whether an array of numpy's lies in memory that is not its own, as shared memory is."""
    while value is not None and isinstance(value, kind) and kind.__module__.partition(".")[0] == "numpy":
        value = getattr(value, "base", None)
    return value is not None and not isinstance(value, kind)


def _is_of_c(kind: type, name: str) -> bool:
    found = next((vars(cls)[name] for cls in kind.__mro__ if name in vars(cls)), None)
    return isinstance(found, types.MethodDescriptorType | types.WrapperDescriptorType)


def _set_state(copied: Any, state: Any) -> None:
    if hasattr(copied, "__setstate__"):
        copied.__setstate__(state)
    elif isinstance(state, dict):
        vars(copied).update(state)


def _copy_slot(copier: Copier, member: Any, value: Any, copied: Any) -> None:
    try:
        content = member.__get__(value)
    except AttributeError:
        return
    member.__set__(copied, copier.copy(content))


def kept_by_libraries(is_program: Callable[[str], bool]) -> frozenset[int]:
    """Return the ids of what the modules of libraries hold: it is theirs, also where the program has it."""
    return frozenset(
        id(value)
        for name, module in list(sys.modules.items())
        if isinstance(module, types.ModuleType) and not is_program(name)
        for value in list(vars(module).values())
    )
