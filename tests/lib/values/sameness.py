"""Are two values the same in value, type and identity structure? Both are walked in step."""

from __future__ import annotations

import array
import collections
import datetime
import io
import random
import re
import types
from collections.abc import Iterator
from enum import Enum
from typing import Any

from values import tables

_WITHOUT_IDENTITY = (str, bytes, int, float, bool, type(None), type(...), type(NotImplemented), range)
_NAMED = (type, types.BuiltinFunctionType, types.ModuleType, Enum)
_LINKS = ("__cause__", "__context__", "__suppress_context__")


_IMMUTABLE = (tuple, frozenset, complex, datetime.timedelta, datetime.timezone, types.MethodType)


def difference(first: Any, second: Any, is_strict: bool = True) -> str:
    """Return where `second` is not what `first` is, "" if they are the same.

    `is_strict`: also immutable values must be the same objects in the same places.
    """
    pairs: dict[int, Any] = {}
    back: dict[int, Any] = {}
    todo = [("value", first, second)]
    while todo:
        path, one, other = todo.pop()
        if type(one) is not type(other):
            return f"{path}: a {type(one).__name__} came back as a {type(other).__name__}"
        if isinstance(one, _NAMED):
            if one is not other:
                return f"{path}: {one!r} came back as another one"
            continue
        if has_identity(one) and (is_strict or not isinstance(one, _IMMUTABLE)):
            known = id(one) in pairs or id(other) in back
            if known and (pairs.get(id(one)) is not other or back.get(id(other)) is not one):
                return f"{path}: {type(one).__name__} is not the same object in the same places"
            if known:
                continue
            pairs[id(one)], back[id(other)] = other, one
        if text(one) != text(other):
            return f"{path}: {text(one)} came back as {text(other)}"
        parts, others = list(parts_of(one)), list(parts_of(other))
        if [name for name, _ in parts] != [name for name, _ in others]:
            return f"{path}: its parts {parts} came back as {others}"
        todo += [(path + name, part, match[1]) for (name, part), match in zip(parts, others, strict=True)]
    return ""


def has_identity(value: Any) -> bool:
    return type(value) not in _WITHOUT_IDENTITY and not (type(value) is tuple and not value)


def reachable(root: Any) -> list[Any]:
    """Return the parts of `root` that can be told from others like them, itself first, in a fixed order."""
    found: dict[int, Any] = {}
    todo = [root]
    while todo:
        value = todo.pop(0)
        if id(value) not in found:
            found[id(value)] = value
            todo += [] if isinstance(value, _NAMED) else [part for _, part in parts_of(value)]
    return [value for value in found.values() if has_identity(value) and not isinstance(value, (*_IMMUTABLE, *_NAMED))]


def text(value: Any) -> str:
    """Return what a value says of itself, apart from its parts."""
    table = tables.text(value)
    if table is not None:
        return table
    if isinstance(value, io.StringIO | io.BytesIO):
        newline = value.__getstate__()[1] if isinstance(value, io.StringIO) else ""
        return f"{value.getvalue()!r} {value.tell()} {newline}"
    if isinstance(value, array.array):
        return f"{value.typecode} {value.tobytes()!r}"
    if isinstance(value, random.Random):
        return repr(value.getstate())
    if isinstance(value, types.FunctionType):
        code = value.__code__
        defaults = f"{value.__defaults__} {value.__kwdefaults__}"
        return f"{value.__module__} {value.__qualname__} {defaults} {code.co_firstlineno} {code.co_code.hex()}"
    if isinstance(value, types.MethodType):
        return value.__name__
    for base in (str, bytes, bytearray, int, float):
        if isinstance(value, base):
            return hex(value) if isinstance(value, int) else base.__repr__(value)
    has_parts = isinstance(value, _COMPOUND) or hasattr(value, "__dict__") or hasattr(type(value), "__slots__")
    return "" if has_parts and type(value).__module__ not in _SPEAKING else repr(value)


_COMPOUND = (list, tuple, dict, set, frozenset, collections.deque, slice, types.CellType, BaseException)
_TABLES = frozenset({"numpy", "pandas"})
_SPEAKING = frozenset({"datetime", "decimal", "fractions", "pathlib", "uuid", "ipaddress", "zoneinfo"})


def parts_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the named parts of a value in an order that is the same for the same value."""
    if isinstance(value, dict):
        for number, (key, item) in enumerate(value.items()):
            yield f".key{number}", key
            yield f"[{number}]", item
    elif isinstance(value, list | tuple | collections.deque):
        yield from ((f"[{number}]", item) for number, item in enumerate(value))
    elif isinstance(value, set | frozenset):
        yield from ((f"{{{number}}}", item) for number, item in enumerate(sorted(value, key=_label)))
    elif isinstance(value, types.FunctionType):
        yield from _function_parts(value)
    elif isinstance(value, types.MethodType):
        yield from ((".self", value.__self__), (".func", value.__func__))
    elif isinstance(value, types.CellType):
        yield ".contents", value.cell_contents
    elif isinstance(value, slice):
        yield from ((".start", value.start), (".stop", value.stop), (".step", value.step))
    elif isinstance(value, BaseException):
        yield from ((f".{name}", getattr(value, name)) for name in _LINKS)
        if isinstance(value, ExceptionGroup):
            yield ".exceptions", value.exceptions
        else:
            yield ".args", value.args
        if isinstance(value, OSError):
            yield ".filename", value.filename
    if type(value).__module__.partition(".")[0] not in _TABLES:
        yield from _members(value)


def _label(value: Any) -> str:
    """Return what orders the elements of a set, which hold no cycles."""
    if isinstance(value, Enum):
        return str(value)
    parts = "".join(map(_label, (part for _, part in parts_of(value))))
    return f"{type(value).__name__} {text(value)}({parts})"


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, collections.defaultdict):
        yield ".default_factory", value.default_factory
    if isinstance(value, collections.deque):
        yield ".maxlen", value.maxlen
    if type(value).__module__ in _SPEAKING or isinstance(value, re.Pattern | random.Random):
        return
    for key, item in getattr(value, "__dict__", {}).items():
        yield f".{key}", item
    for base in type(value).__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield f".{name}", getattr(value, name)


def _function_parts(value: types.FunctionType) -> Iterator[tuple[str, Any]]:
    yield from ((f".cell{number}", cell) for number, cell in enumerate(value.__closure__ or ()))
