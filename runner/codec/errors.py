"""Exceptions to records and back: own class, arguments, attributes, cause, context, notes and the frames of the traceback."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from durable.runner.codec.frames import Frame, frames_of, traceback_of

if TYPE_CHECKING:
    from durable.runner.codec.decode import _Graph as _Reading
    from durable.runner.codec.encode import _Graph as _Writing

_SKIPPED = frozenset({"__traceback__", "__cause__", "__context__", "__suppress_context__", "__dict__", "args", "__notes__"})
_LINKS = ("__cause__", "__context__")


def describe(graph: _Writing, error: BaseException, path: str) -> dict[str, Any]:
    """Return the tagged value of `error`; parts of it that cannot be stored are kept as their repr."""
    name = graph.name_of(type(error))
    out: dict[str, Any] = {"$": "error", "c": name or "builtins:RuntimeError"}
    if name is None:
        out["was"] = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, BaseExceptionGroup):
        out["group"] = [error.message, [graph.encode(part, path) for part in error.exceptions]]
    out["a"] = [graph.encode_or_repr(arg, f"{path}.args[{i}]") for i, arg in enumerate(error.args)]
    out["s"] = [[key, graph.encode_or_repr(item, f"{path}.{key}")] for key, item in _attributes(error).items()]
    for link in _LINKS:
        linked = getattr(error, link)
        if linked is not None:
            out[link] = graph.encode(linked, f"{path}.{link}")
    if error.__suppress_context__:
        out["suppress"] = True
    frames = frames_of(error.__traceback__)
    if frames:
        out["tb"] = [list(frame) for frame in frames]
    return out


def _attributes(error: BaseException) -> dict[str, Any]:
    """Return what an exception holds besides its arguments: the members of its built-in bases and its own `__dict__`."""
    found: dict[str, Any] = {}
    for cls in type(error).__mro__:
        for name, member in vars(cls).items():
            is_slot = isinstance(member, types.MemberDescriptorType | types.GetSetDescriptorType)
            if is_slot and name not in _SKIPPED and not isinstance(error, BaseExceptionGroup):
                value = getattr(error, name, None)
                if value is not None:
                    found[name] = value
    found.update(error.__dict__)
    return found


def rebuild(graph: _Reading, node: dict[str, Any], number: int | None) -> BaseException:
    """Return the exception that `node` describes, without calling its `__init__`."""
    cls = graph.namespace.find(node["c"])
    if not (isinstance(cls, type) and issubclass(cls, BaseException)):
        from durable.runner.codec.names import UnsafeRecord

        raise UnsafeRecord(f"a record raises {node['c']!r}, which is not an exception")
    args = tuple(graph.decode(arg) for arg in node["a"])
    error = _new(cls, args, node, graph)
    graph._define(number, error)
    for key, item in node["s"]:
        value = graph.decode(item)
        try:
            setattr(error, key, value)
        except (AttributeError, TypeError):
            error.__dict__[key] = value
    for link in _LINKS:
        if link in node:
            setattr(error, link, graph.decode(node[link]))
    error.__suppress_context__ = node.get("suppress", False)
    if "tb" in node:
        error.__traceback__ = traceback_of([Frame(*frame) for frame in node["tb"]])
    return error


def _new(cls: type[BaseException], args: tuple[Any, ...], node: dict[str, Any], graph: _Reading) -> BaseException:
    if issubclass(cls, BaseExceptionGroup):
        message, parts = node["group"]
        return BaseExceptionGroup.__new__(cls, message, [graph.decode(part) for part in parts])
    error = BaseException.__new__(cls) if _has_own_new(cls) else cls.__new__(cls, *args)
    error.args = args
    return error


def _has_own_new(cls: type[BaseException]) -> bool:
    new = cls.__new__
    return not isinstance(new, types.BuiltinFunctionType)
