"""JSON text in, values out; the only calls made are those that `Namespace.constructor` admits."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from durable.runner.codec.names import Namespace, UnsafeRecord

_loads = json.JSONDecoder().decode
_MISSING = object()


class Lost:
    """Stands for a part of an exception that could not be stored; its repr is the part's."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text

    __str__ = __repr__


class Decoder:
    """Decodes records. `resource` turns a stored handle (a dict) back into its proxy."""

    def __init__(self, namespace: Namespace, resource: Callable[[dict[str, Any]], Any]) -> None:
        self._namespace = namespace
        self._resource = resource

    def value(self, record: str, roots: tuple[Any, ...] = ()) -> Any:
        """Return the value of `record`; changes that it holds for `roots` are made in place. Raise UnsafeRecord."""
        body = _loads(record)
        if '"$"' not in record:
            return body
        graph = _Graph(self._namespace, self._resource, roots)
        if isinstance(body, dict) and body.get("$") == "step":
            return graph.outcome(body)
        return graph.decode(body)


class _Graph:
    """One record being read."""

    def __init__(self, namespace: Namespace, resource: Callable[[dict[str, Any]], Any], roots: tuple[Any, ...]) -> None:
        self.namespace = namespace
        self._resource = resource
        self._roots = roots
        self._defined: dict[int, Any] = {}

    def outcome(self, body: dict[str, Any]) -> Any:
        result = self.decode(body["result"])
        for index, node in body["changed"]:
            self._fill(self._roots[index], node)
        return result

    def decode(self, node: Any, number: int | None = None) -> Any:
        if isinstance(node, list):
            out: list[Any] = []
            self._define(number, out)
            out.extend(self.decode(item) for item in node)
            return out
        if not isinstance(node, dict):
            return node
        tag = node.get("$")
        if tag is None:
            plain: dict[str, Any] = {}
            self._define(number, plain)
            for key, item in node.items():
                plain[key] = self.decode(item)
            return plain
        try:
            reader = _READERS[tag]
        except (KeyError, TypeError):
            raise UnsafeRecord(f"a record has the unknown tag {tag!r}") from None
        value = reader(self, node, number)
        self._define(number, value)
        return value

    def _define(self, number: int | None, value: Any) -> None:
        if number is not None:
            self._defined[number] = value

    # Changes in place

    def _fill(self, live: Any, node: Any) -> Any:
        """Make `live` hold what `node` says if it is of that kind, and return it; else return a new value."""
        number = None
        if isinstance(node, dict) and node.get("$") == "def":
            number, node = node["n"], node["v"]
        tag = node.get("$") if isinstance(node, dict) else None
        if isinstance(live, list) and isinstance(node, list):
            self._define(number, live)
            old = list(live)
            live[:] = [self._fill(old[i], item) if i < len(old) else self.decode(item) for i, item in enumerate(node)]
        elif isinstance(live, dict) and isinstance(node, dict) and tag in (None, "dict"):
            self._define(number, live)
            self._fill_dict(live, node)
        elif isinstance(live, set) and tag == "set":
            self._define(number, live)
            new = [self.decode(item) for item in node["v"]]
            live.clear()
            live.update(new)
        elif isinstance(live, bytearray) and tag == "bytearray":
            live[:] = base64.b64decode(node["v"])
        elif tag == "object" and self._is_same_class(live, node):
            self._define(number, live)
            self._fill_object(live, node)
        else:
            return self.decode(node, number)
        return live

    def _is_same_class(self, live: Any, node: dict[str, Any]) -> bool:
        name = self.namespace.names(type(live))
        return name is not None and name in (node["f"], node["a"] and _named(node["a"][0]))

    def _fill_dict(self, live: dict[Any, Any], node: dict[str, Any]) -> None:
        old = dict(live)
        live.clear()
        pairs = node["v"] if node.get("$") == "dict" else node.items()
        for key_node, item in pairs:
            key = self.decode(key_node)
            live[key] = self._fill(old[key], item) if key in old else self.decode(item)

    def _fill_object(self, live: Any, node: dict[str, Any]) -> None:
        state = node.get("s", _MISSING)
        own = getattr(live, "__dict__", None)
        if hasattr(type(live), "__setstate__") or own is None or not _is_dict(state):
            if state is not _MISSING:
                set_state(live, self.decode(state))
        else:
            self._fill_dict(own, state)
        if "l" in node:
            live[:] = [self.decode(item) for item in node["l"]] if isinstance(live, list) else live
            if not isinstance(live, list):
                live.clear()
                live.extend(self.decode(item) for item in node["l"])
        if "d" in node:
            self._fill_dict(live, {"$": "dict", "v": node["d"]})

    # Tagged values

    def root(self, node: dict[str, Any]) -> Any:
        return self._roots[node["i"]]

    def reference(self, node: dict[str, Any]) -> Any:
        try:
            return self._defined[node["n"]]
        except KeyError:
            raise UnsafeRecord("a record refers to a value that it does not hold") from None

    def resource(self, node: dict[str, Any]) -> Any:
        return self._resource(node)

    def object(self, node: dict[str, Any], number: int | None) -> Any:
        function = self.namespace.constructor(node["f"])
        args = [self.decode(arg) for arg in node["a"]]
        if node["f"].startswith("copyreg:"):
            cls = args[0]
            name = _named(node["a"][0])
            if name is None or self.namespace.constructor(name) is not cls:
                raise UnsafeRecord("a record wants to make an object of something that is not a class")
        value = function(*args)
        self._define(number, value)
        if "s" in node:
            set_state(value, self.decode(node["s"]))
        for item in node.get("l", ()):
            value.append(self.decode(item))
        for key, item in node.get("d", ()):
            value[self.decode(key)] = self.decode(item)
        return value


def _named(node: Any) -> str | None:
    if isinstance(node, dict) and node.get("$") == "def":
        node = node["v"]
    return node["v"] if isinstance(node, dict) and node.get("$") == "name" else None


def _is_dict(node: Any) -> bool:
    return isinstance(node, dict) and node.get("$") in (None, "dict")


def set_state(value: Any, state: Any) -> None:
    """Give `value` its pickled state, by the rules of PEP 307."""
    setter = getattr(value, "__setstate__", None)
    if setter is not None:
        setter(state)
        return
    slots = None
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state
    if state:
        value.__dict__.update(state)
    for key, item in (slots or {}).items():
        setattr(value, key, item)


def _definition(graph: _Graph, node: dict[str, Any], number: int | None) -> Any:
    return graph.decode(node["v"], node["n"])


def _dict(graph: _Graph, node: dict[str, Any], number: int | None) -> Any:
    out: dict[Any, Any] = {}
    graph._define(number, out)
    for key, item in node["v"]:
        out[graph.decode(key)] = graph.decode(item)
    return out


def _set(graph: _Graph, node: dict[str, Any], number: int | None) -> Any:
    out: set[Any] = set()
    graph._define(number, out)
    out.update(graph.decode(item) for item in node["v"])
    return out


def _error(graph: _Graph, node: dict[str, Any], number: int | None) -> Any:
    from durable.runner.codec.errors import rebuild

    return rebuild(graph, node, number)


def _method(graph: _Graph, node: dict[str, Any], number: int | None) -> Any:
    # A bound method is only made, never called, while a record is loaded.
    return getattr(graph.decode(node["v"]), node["f"])


_Reader = Callable[[_Graph, dict[str, Any], "int | None"], Any]
_READERS: dict[str, _Reader] = {
    "def": _definition,
    "ref": lambda graph, node, number: graph.reference(node),
    "root": lambda graph, node, number: graph.root(node),
    "dict": _dict,
    "set": _set,
    "tuple": lambda graph, node, number: tuple(graph.decode(item) for item in node["v"]),
    "frozenset": lambda graph, node, number: frozenset(graph.decode(item) for item in node["v"]),
    "bytes": lambda graph, node, number: base64.b64decode(node["v"]),
    "bytearray": lambda graph, node, number: bytearray(base64.b64decode(node["v"])),
    "float": lambda graph, node, number: float(node["v"]),
    "complex": lambda graph, node, number: complex(float(node["v"][0]), float(node["v"][1])),
    "range": lambda graph, node, number: range(*node["v"]),
    "slice": lambda graph, node, number: slice(*(graph.decode(part) for part in node["v"])),
    "ellipsis": lambda graph, node, number: Ellipsis,
    "notimplemented": lambda graph, node, number: NotImplemented,
    "name": lambda graph, node, number: graph.namespace.find(node["v"]),
    "object": lambda graph, node, number: graph.object(node, number),
    "error": _error,
    "method": _method,
    "resource": lambda graph, node, number: graph.resource(node),
    "lost": lambda graph, node, number: Lost(node["v"]),
}
