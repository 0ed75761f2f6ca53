"""Exceptions to records and back: class, arguments, attributes, cause, context, notes and the traceback's frames."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from durable.runner.codec.frames import Frame, frames_of, traceback_of
from durable.runner.codec.members import set_member
from durable.runner.errors import UnsafeRecord

if TYPE_CHECKING:
    from durable.runner.codec.decode import _Graph as _Reading
    from durable.runner.codec.graph import Graph as _Writing

_LINKS = ("__cause__", "__context__")
_Part = Callable[[Any, Any, Any], Any]
_MEMBERS = types.MemberDescriptorType | types.GetSetDescriptorType


def describe(graph: _Writing, error: BaseException) -> dict[str, Any]:
    """Return the tagged value of `error`; parts of it that cannot be stored are kept as their repr."""
    cls = _nameable_class(graph, error)
    out: dict[str, Any] = {"$": "error", "c": graph.namespace.names(cls)}
    if cls is not type(error):
        out["was"] = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, BaseExceptionGroup):
        with graph.building(error):
            out["group"] = [error.message, graph.items(error.exceptions)]
    out["a"] = [graph.encode_or_repr(arg) for arg in error.args]
    attributes = _attributes(error)
    if not graph.namespace.is_of_program(type(error)):
        attributes.update(_pickled(error))
    out["s"] = [[key, graph.encode_or_repr(item)] for key, item in attributes.items()]
    for link in _LINKS:
        linked = getattr(error, link)
        if linked is not None:
            out[link] = graph.encode(linked)
    if error.__suppress_context__:
        out["suppress"] = True
    frames = frames_of(error.__traceback__)
    if frames:
        out["tb"] = [list(frame) for frame in frames]
    return out


def _nameable_class(graph: _Writing, error: BaseException) -> type[BaseException]:
    """Return the class of `error`, or its nearest base that a record can name."""
    for cls in type(error).__mro__:
        if graph.namespace.names(cls) is not None:
            return cls
    return Exception


def _attributes(error: BaseException) -> dict[str, Any]:
    """Return what an exception holds besides its arguments: the members of its bases and its own `__dict__`."""
    found: dict[str, Any] = {}
    for cls in () if isinstance(error, BaseExceptionGroup) else type(error).__mro__:
        for name, member in vars(cls).items():
            if isinstance(member, _MEMBERS) and name != "args" and not name.startswith("__"):
                value = getattr(error, name, None)
                if value is not None:
                    found[name] = value
    found.update(error.__dict__)
    return found


def _pickled(error: BaseException) -> dict[str, Any]:
    """Return the attributes that a library's class of exceptions has pickle keep in the place of its own, if it does.

    psycopg's errors hold a result of libpq and give a dict for it.
    """
    if not isinstance(type(error).__reduce__, types.FunctionType):
        return {}
    own = dict(error.__dict__)
    try:
        found = error.__reduce__()
        state = found[2] if isinstance(found, tuple) and len(found) > 2 else None
        return dict(state) if isinstance(state, dict) else {}
    except Exception:  # one that cannot be pickled: its own attributes are what there is
        return {}
    finally:
        error.__dict__.clear()  # the state may be the very dict, changed in place
        error.__dict__.update(own)


def parts_of(error: BaseException) -> tuple[Any, ...]:
    """Return all that can be changed of an exception."""
    own = error.exceptions if isinstance(error, BaseExceptionGroup) else error.args
    return own, _attributes(error), error.__cause__, error.__context__, error.__suppress_context__


def contents_of(graph: _Writing, error: BaseException) -> dict[str, Any]:
    """Return what `error` holds now, to be put into the same exception on replay."""
    own = error.exceptions if isinstance(error, BaseExceptionGroup) else error.args
    kind = "group" if isinstance(error, BaseExceptionGroup) else "a"
    out: dict[str, Any] = {kind: graph.items(own, graph.soft)}
    out["s"] = graph.attributes(_attributes(error), graph.soft)
    links = {link: getattr(error, link) for link in _LINKS if getattr(error, link) is not None}
    return {**out, "links": graph.attributes(links, graph.soft), "suppress": error.__suppress_context__}


def fill(graph: _Reading, error: BaseException, node: dict[str, Any], part: _Part) -> None:
    """Make `error` hold what `contents_of` told; `part` decodes what may have stayed what it was."""
    if "a" in node:
        old = list(error.args)
        error.args = tuple([part(graph, item, old[i] if i < len(old) else None) for i, item in enumerate(node["a"])])
    for item in node.get("group", ()):
        part(graph, item, None)
    before = _attributes(error)
    error.__dict__.clear()
    for key, item in node["s"]:
        value = part(graph, item, before.get(key))
        if not set_member(error, key, value):
            error.__dict__[key] = value
    for link, item in node["links"]:
        setattr(error, link, part(graph, item, getattr(error, link)))
    error.__suppress_context__ = node["suppress"]


def rebuild(graph: _Reading, node: dict[str, Any], number: int | None) -> BaseException:
    """Return the exception that `node` describes, without calling its `__init__`."""
    cls = graph.namespace.find(node["c"])
    if not (isinstance(cls, type) and issubclass(cls, BaseException)):
        raise UnsafeRecord(f"a record raises {node['c']!r}, which is not an exception")
    error = _group(graph, cls, node) if "group" in node else _new(cls)
    graph.define(number, error)
    if "group" not in node:
        error.args = tuple([graph.decode(arg) for arg in node["a"]])
    for key, item in node["s"]:
        value = graph.decode(item)
        if not set_member(error, key, value):
            error.__dict__[key] = value
    for link in _LINKS:
        if link in node:
            setattr(error, link, graph.decode(node[link]))
    error.__suppress_context__ = node.get("suppress", False)
    if "tb" in node:
        error.__traceback__ = traceback_of([Frame(*frame) for frame in node["tb"]])
    return error


def _group(graph: _Reading, cls: type[BaseException], node: dict[str, Any]) -> BaseException:
    message, parts = node["group"]
    if not issubclass(cls, BaseExceptionGroup):
        raise UnsafeRecord(f"a record raises {node['c']!r}, which is not an exception group")
    return BaseExceptionGroup.__new__(cls, message, [graph.decode(part) for part in parts])


def _new(cls: type[BaseException]) -> BaseException:
    new: Any = next(base.__new__ for base in cls.__mro__ if isinstance(base.__new__, types.BuiltinFunctionType))
    made: BaseException = new(cls)
    if isinstance(made, StopIteration):
        made.value = None  # `yield from` takes the member as it is, and without `__init__` it holds nothing at all
    return made
