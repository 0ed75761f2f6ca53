"""JSON text in, values out; the only calls made are those that `Namespace` admits."""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from enum import Enum
from typing import Any

from durable.runner import guard
from durable.runner.codec import blobs, functions
from durable.runner.codec.blobs import Blobs
from durable.runner.codec.contents import are_identical, fill, held_by
from durable.runner.codec.gone import Gone
from durable.runner.codec.members import set_state
from durable.runner.codec.names import RECONSTRUCTORS, Namespace
from durable.runner.codec.secrets import revealed
from durable.runner.codec.snapshot import Reach, Snapshot
from durable.runner.codec.values import BY_TAG, Codec
from durable.runner.errors import UnsafeRecord

_loads = json.JSONDecoder().decode
_CONSTANTS = {"null": None, "true": True, "false": False}


class Lost:
    """Stands for a part of an exception that could not be stored; its repr is the part's."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text

    __str__ = __repr__


class Decoder:
    """Decodes records. `resource` turns a stored handle (a dict) back into its proxy; `blobs` has large values."""

    def __init__(
        self,
        namespace: Namespace,
        resource: Callable[[dict[str, Any]], Any],
        blobs: Blobs | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._namespace = namespace
        self._resource = resource
        self._blobs = blobs
        self._reach = reach
        guard.install()

    def value(
        self, record: str, roots: tuple[Any, ...] = (), before: Snapshot | None = None, is_live: bool = False
    ) -> Any:
        """Return the value of `record`; changes that it holds for `roots` are made in place. Raise UnsafeRecord.

        `before` is the snapshot taken before the call; without it, it is taken now. `is_live`: the call was performed
        in this process, by which the roots hold its changes already; what was stored by value is put in their place.
        """
        if record in _CONSTANTS:
            return _CONSTANTS[record]
        try:
            body = _loads(record)
            if '"$"' not in record:
                return body
            with guard.loading():
                graph = _Graph(self._namespace, self._resource, roots, before, is_live, self._blobs)
                return graph.outcome(body, self._reach)
        except UnsafeRecord:
            raise
        except Exception as error:  # whatever a class of the program raises when it is given something odd
            raise UnsafeRecord(f"a record cannot be read: {type(error).__name__}: {error!s:.200}") from error


class _Graph:
    """One record being read."""

    def __init__(
        self,
        namespace: Namespace,
        resource: Callable[[dict[str, Any]], Any],
        roots: tuple[Any, ...],
        before: Snapshot | None,
        is_live: bool,
        blobs: Blobs | None,
    ) -> None:
        self.namespace = namespace
        self._blobs = blobs
        self.is_live = is_live
        self._resource = resource
        self._roots = roots if before is None else before.roots
        self._before = before
        self._defined: dict[int, Any] = {}

    def outcome(self, body: Any, reach: Reach | None) -> Any:
        if not (isinstance(body, dict) and body.get("$") == "step"):
            return self.decode(body)
        if self._before is None:
            self._before = Snapshot(self._roots, reach)
            self._roots = self._before.roots
        if "late" in body and not self.is_live:
            self._before.late = [index for index in body["late"] if index < len(self._roots)]
            self._before.renew()
        for index in body["uses"] if self._roots else ():
            self._before.parts(index)  # numbered before the first change
        for index, contents in body["changed"]:
            fill(self, self._roots[index], contents)
        result = self.decode(body["result"])
        for node in body.get("left", ()):
            self.decode(node)
        return result

    def is_as_recorded(self, live: Any) -> bool:
        """Say whether `live` holds just what it did when the record was made (in the process of the call)."""
        taken = self._before.taken.get(id(live)) if self._before is not None else None
        return taken is None or are_identical(held_by(live), taken)

    def decode(self, node: Any, number: int | None = None) -> Any:
        if isinstance(node, list):
            out: list[Any] = []
            self.define(number, out)
            out.extend(self.decode(item) for item in node)
            return out
        if not isinstance(node, dict):
            return node
        tag = node.get("$")
        if tag is None:
            plain: dict[str, Any] = {}
            self.define(number, plain)
            for key, item in node.items():
                plain[key] = self.decode(item)
            return plain
        try:
            reader = _READERS[tag]
        except (KeyError, TypeError):
            raise UnsafeRecord(f"a record has the unknown tag {tag!r}") from None
        value = reader(self, node, number)
        self.define(number, value)
        return value

    def define(self, number: int | None, value: Any) -> None:
        if number is not None:
            self._defined[number] = value

    def cell(self, number: int) -> types.CellType:
        """Return the cell of a closure that has this number; it is empty when it is met first."""
        found = self._defined.setdefault(number, types.CellType())
        if not isinstance(found, types.CellType):
            raise UnsafeRecord("a record takes for a closure's cell what is none")
        return found

    # Roots and their parts

    def part(self, node: dict[str, Any], number: int | None) -> Any:
        if self._before is None:
            raise UnsafeRecord("a record holds a part of an argument, but says nothing of arguments")
        live = self._before.parts(node["r"])[node["k"]]
        self.define(number, live)
        if "v" in node:
            fill(self, live, node["v"])
        return live

    def held(self, node: dict[str, Any], old: Any) -> Any:
        if self._before is None:
            raise UnsafeRecord("a record holds a part of an argument, but says nothing of arguments")
        try:
            return self._before.held(node["r"], node["c"], node["k"])
        except IndexError:
            return old

    # Tagged values

    def root(self, node: dict[str, Any]) -> Any:
        return self._roots[node["i"]]

    def reference(self, node: dict[str, Any]) -> Any:
        try:
            return self._defined[node["n"]]
        except KeyError:
            raise UnsafeRecord("a record refers to a value that it does not hold") from None

    def rebuilt(self, node: dict[str, Any]) -> Any:
        self.decode(node["v"])
        return self.reference(node)

    def resource(self, node: dict[str, Any]) -> Any:
        return self._resource(node)

    def large(self, node: dict[str, Any]) -> Any:
        return blobs.taken(self._blobs, node)

    def object(self, node: dict[str, Any], number: int | None) -> Any:
        name = node["f"]
        function = self.namespace.constructor(name)
        if name in RECONSTRUCTORS:
            if node["a"][0]["$"] != "name":
                raise UnsafeRecord("a record wants to make an object of something that is not a class")
            cls = self.namespace.find(node["a"][0]["v"])
            self.namespace.check_made(cls)
            args = [self.decode(arg) for arg in node["a"][1:]]
            self.namespace.check_arguments(name, args)
            value = function(cls, *args)
        else:
            args = [self.decode(arg) for arg in node["a"]]
            self.namespace.check_arguments(name, args)
            value = function(*args)
        self.define(number, value)
        if "s" in node:
            state = self.decode(node["s"])
            if type(state) is dict and type(value).__module__.partition(".")[0] == "pandas":
                state.pop("_cache", None)  # what pandas looked up before; it takes it unseen and can do without
            set_state(value, state)
        for item in node.get("l", ()):
            value.append(self.decode(item))
        for key_node, item in node.get("d", ()):
            key = self.decode(key_node)
            value[key] = self.decode(item)
        return value

    def method(self, node: dict[str, Any]) -> Any:
        """Return a bound method; it is made and not called, and only of a method that the object's class has."""
        owner = self.decode(node["v"])
        found = next((vars(cls)[node["f"]] for cls in type(owner).__mro__ if node["f"] in vars(cls)), None)
        if isinstance(owner, type | types.ModuleType):
            raise UnsafeRecord("a record holds a method of something that is not an object")
        if not isinstance(found, types.FunctionType | types.MethodDescriptorType):
            raise UnsafeRecord(f"a record holds the method {node['f']!r}, which {type(owner).__name__} does not have")
        return found.__get__(owner, type(owner))

    def member(self, node: dict[str, Any]) -> Any:
        cls = self.namespace.find(node["c"])
        if not (isinstance(cls, type) and issubclass(cls, Enum)):
            raise UnsafeRecord(f"a record takes a member of {node['c']!r}, which is not an enumeration")
        return cls._member_map_[node["f"]] if "f" in node else cls(self.decode(node["v"]))


def _definition(graph: _Graph, node: dict[str, Any], number: int | None) -> Any:
    return graph.decode(node["v"], node["n"])


def _dict(graph: _Graph, node: dict[str, Any], number: int | None) -> Any:
    out: dict[Any, Any] = {}
    graph.define(number, out)
    for key_node, item in node["v"]:
        key = graph.decode(key_node)  # first, as it was written: the item may mention it
        out[key] = graph.decode(item)
    return out


def _set(graph: _Graph, node: dict[str, Any], number: int | None) -> Any:
    out: set[Any] = set()
    graph.define(number, out)
    out.update(graph.decode(item) for item in node["v"])
    return out


def _error(graph: _Graph, node: dict[str, Any], number: int | None) -> Any:
    from durable.runner.codec.errors import rebuild

    return rebuild(graph, node, number)


def _value(codec: Codec) -> _Reader:
    return lambda graph, node, number: codec.decode(node["v"])


_Reader = Callable[[_Graph, dict[str, Any], "int | None"], Any]
_READERS: dict[str, _Reader] = {
    **{tag: _value(codec) for tag, codec in BY_TAG.items()},
    "def": _definition,
    "ref": lambda graph, node, number: graph.reference(node),
    "again": lambda graph, node, number: graph.rebuilt(node),
    "root": lambda graph, node, number: graph.root(node),
    "part": lambda graph, node, number: graph.part(node, number),
    "held": lambda graph, node, number: graph.held(node, None),
    "gone": lambda graph, node, number: Gone(str(node["c"])),
    "dict": _dict,
    "state": _dict,
    "set": _set,
    "tuple": lambda graph, node, number: tuple([graph.decode(item) for item in node["v"]]),
    "frozenset": lambda graph, node, number: frozenset([graph.decode(item) for item in node["v"]]),
    "secret": lambda graph, node, number: revealed(node["v"]),
    "str": lambda graph, node, number: "".join(map(chr, node["v"])),
    "int": lambda graph, node, number: int(node["v"], 16),
    "float": lambda graph, node, number: float(node["v"]),
    "enum": lambda graph, node, number: graph.member(node),
    "name": lambda graph, node, number: graph.namespace.value(node["v"]),
    "object": lambda graph, node, number: graph.object(node, number),
    "error": _error,
    "method": lambda graph, node, number: graph.method(node),
    "function": functions.rebuild,
    "resource": lambda graph, node, number: graph.resource(node),
    "blob": lambda graph, node, number: graph.large(node),
    "lost": lambda graph, node, number: Lost(node["v"]),
}
