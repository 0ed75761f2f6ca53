"""How the types of Python are copied for a child process."""

from __future__ import annotations

import array
import collections
import functools
import io
import types
import weakref
from collections.abc import Callable, Iterable
from typing import Any

from durable.stdlib_shims._fork_copy import BASES, HANDLERS, Copier, Handler
from durable.stdlib_shims._fork_refused import Suspended

_SUSPENDED = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)


# What has contents of its own


def _new_object(copier: Copier, value: Any, kind: type) -> Any:
    return object.__new__(kind)


def _new_list(copier: Copier, value: list[Any], kind: type) -> Any:
    copied: Any = list.__new__(kind)
    copier.later(lambda: list.extend(copied, [copier.copy(item) for item in list.__iter__(value)]))
    return copied


def _new_dict(copier: Copier, value: dict[Any, Any], kind: type) -> Any:
    copied: Any = dict.__new__(kind)
    if isinstance(value, collections.defaultdict):
        collections.defaultdict.__init__(copied, copier.copy(value.default_factory))
    store = collections.OrderedDict.__setitem__ if isinstance(value, collections.OrderedDict) else dict.__setitem__

    def find() -> None:
        pairs = [(copier.copy(key), copier.copy(item)) for key, item in list(dict.items(value))]
        if all(type(key) is str for key, _ in pairs):
            _store(copied, pairs, store)
        else:
            copier.at_last(lambda: _store(copied, pairs, store))

    copier.later(find)
    return copied


def _store(copied: Any, pairs: Iterable[tuple[Any, Any]], store: Any) -> None:
    for key, item in pairs:
        store(copied, key, item)


def _new_set(copier: Copier, value: set[Any], kind: type) -> Any:
    copied: Any = set.__new__(kind)

    def find() -> None:
        items = [copier.copy(item) for item in list(set.__iter__(value))]
        copier.at_last(lambda: set.update(copied, items))

    copier.later(find)
    return copied


def _new_deque(copier: Copier, value: Any, kind: type) -> Any:
    copied: Any = collections.deque.__new__(kind)
    collections.deque.__init__(copied, (), value.maxlen)
    copier.later(lambda: collections.deque.extend(copied, [copier.copy(item) for item in list(value)]))
    return copied


def _new_tuple(copier: Copier, value: tuple[Any, ...], kind: type) -> Any:
    items = [copier.copy(item) for item in tuple.__iter__(value)]
    if kind is tuple and all(ours is item for ours, item in zip(items, value, strict=True)):
        return value
    return tuple.__new__(kind, items)


def _new_frozenset(copier: Copier, value: frozenset[Any], kind: type) -> Any:
    items = [copier.copy(item) for item in value]
    if kind is frozenset and all(ours is item for ours, item in zip(items, value, strict=True)):
        return value
    copier.finish()
    return frozenset.__new__(kind, items)


def _new_scalar(base: Any) -> Any:
    return lambda copier, value, kind: base.__new__(kind, value)


def _new_exception(copier: Copier, value: BaseException, kind: type) -> Any:
    new: Callable[..., Any] = kind.__new__
    copied = new(kind, *value.args)

    def fill() -> None:
        copied.args = copier.copy(value.args)
        copied.__cause__, copied.__context__ = copier.copy(value.__cause__), copier.copy(value.__context__)
        copied.__suppress_context__, copied.__traceback__ = value.__suppress_context__, value.__traceback__

    copier.later(fill)
    return copied


_BASES: dict[Any, Callable[[Copier, Any, Any], Any]] = {
    object: _new_object,
    BaseException: _new_exception,
    list: _new_list,
    dict: _new_dict,
    collections.OrderedDict: _new_dict,
    collections.defaultdict: _new_dict,
    set: _new_set,
    collections.deque: _new_deque,
    tuple: _new_tuple,
    frozenset: _new_frozenset,
    bytearray: _new_scalar(bytearray),
    **{base: _new_scalar(base) for base in (int, float, complex, str, bytes)},
}


# Single types


def _plain(make: Callable[[Copier, Any, type], Any]) -> Handler:
    return lambda copier, value: copier.note(value, make(copier, value, type(value)))


def _bytearray(copier: Copier, value: bytearray) -> Any:
    return copier.note(value, bytearray(value))


def _method(copier: Copier, value: types.MethodType) -> Any:
    owner = copier.copy(value.__self__)
    copier.copy(value.__func__)
    return copier.note(value, value if owner is value.__self__ else types.MethodType(value.__func__, owner))


def _builtin(copier: Copier, value: Any) -> Any:
    owner = getattr(value, "__self__", None)
    if owner is None or isinstance(owner, types.ModuleType | type):
        return value
    copied = copier.copy(owner)
    return copier.note(value, value if copied is owner else getattr(copied, value.__name__, value))


def _partial(copier: Copier, value: functools.partial[Any]) -> Any:
    parts = copier.copy((value.func, value.args)), copier.copy(value.keywords)
    copied = copier.note(value, functools.partial(parts[0][0], *parts[0][1]))
    state = vars(value)
    copier.at_last(lambda: copied.__setstate__((parts[0][0], parts[0][1], parts[1], state or None)))
    return copied


def _wrapped(copier: Copier, value: Any) -> Any:
    for name in ("__func__", "fget", "fset", "fdel", "func"):
        copier.copy(getattr(value, name, None))
    return value


def _reference(copier: Copier, value: weakref.ref[Any]) -> Any:
    target = value()
    if target is None:
        return value
    copied = copier.copy(target)
    back = getattr(value, "__callback__", None)
    if type(back).__module__ == "multiprocessing.util":
        back = None  # a child has no finalizers of its parent
    return copier.note(value, value if copied is target else weakref.ref(copied, copier.copy(back)))


def _weak(copier: Copier, value: Any) -> Any:
    copied = copier.note(value, type(value)())
    if isinstance(value, weakref.WeakSet):
        items = [copier.copy(item) for item in list(value)]
        copier.at_last(lambda: copied.update(items))
    else:
        pairs = [(copier.copy(key), copier.copy(item)) for key, item in list(value.items())]
        copier.at_last(lambda: _store(copied, pairs, type(copied).__setitem__))
    return copied


def _memory_file(copier: Copier, value: Any) -> Any:
    copied = copier.note(value, type(value)())
    if not value.closed:
        copied.__setstate__(value.__getstate__())
    return copied


def _suspended(copier: Copier, value: Any) -> Any:
    return Suspended(value)


_HANDLERS: dict[Any, Handler] = {
    list: _plain(_new_list),
    dict: _plain(_new_dict),
    collections.OrderedDict: _plain(_new_dict),
    collections.defaultdict: _plain(_new_dict),
    set: _plain(_new_set),
    tuple: _plain(_new_tuple),
    frozenset: _plain(_new_frozenset),
    collections.deque: _plain(_new_deque),
    bytearray: _bytearray,
    array.array: lambda copier, value: copier.note(value, value[:]),
    io.StringIO: _memory_file,
    io.BytesIO: _memory_file,
    types.FunctionType: Copier.function,
    types.MethodType: _method,
    types.BuiltinFunctionType: _builtin,
    types.MethodWrapperType: _builtin,
    functools.partial: _partial,
    staticmethod: _wrapped,
    classmethod: _wrapped,
    property: _wrapped,
    functools.cached_property: _wrapped,
    weakref.ref: _reference,
    weakref.WeakSet: _weak,
    weakref.WeakKeyDictionary: _weak,
    weakref.WeakValueDictionary: _weak,
    **dict.fromkeys(_SUSPENDED, _suspended),
}
BASES.update(_BASES)
HANDLERS.update(_HANDLERS)
