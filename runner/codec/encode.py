"""Values in, JSON text out. Sharing and cycles within one record are kept; what cannot be stored is named by its path.

Tags: an object with the key "$" is a tagged value; every other JSON value stands for itself. `{"$": "def", "n": 1, "v": …}`
is a value that is mentioned again as `{"$": "ref", "n": 1}`.
"""

from __future__ import annotations

import base64
import json
import math
import types
from collections.abc import Callable
from typing import Any

from durable.runner.codec.names import Namespace

_SCALARS = frozenset({str, int, bool, type(None)})
_UNSHARED = frozenset({bytes, type(Ellipsis), type(NotImplemented), range})
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class Unstorable(Exception):
    """A value cannot be stored; `path` is the attribute path to the part that cannot, `part` is its type's name."""

    def __init__(self, path: str, part: str) -> None:
        super().__init__(f"{path} is a {part}, which cannot be stored")
        self.path = path
        self.part = part


class Encoder:
    """Encodes values as records. `handle(obj)` may give a tagged value for an object that cannot be stored otherwise."""

    def __init__(self, namespace: Namespace, handle: Callable[[Any, str], dict[str, Any] | None]) -> None:
        self._namespace = namespace
        self._handle = handle

    def text(self, value: Any, name: str = "result", roots: tuple[Any, ...] = ()) -> str:
        """Return the record of `value`; a mention of one of `roots` in it is stored as a reference. Raise Unstorable."""
        if type(value) in _SCALARS:
            return _dumps(value)
        graph = _Graph(self._namespace, self._handle, roots)
        return _dumps(graph.finish(graph.encode(value, name)))

    def outcome(self, result: Any, roots: list[tuple[int, Any]], all_roots: tuple[Any, ...]) -> str:
        """Return the record of a result together with the changed `roots` (index, object), as one graph."""
        graph = _Graph(self._namespace, self._handle, all_roots)
        encoded = graph.encode(result, "result")
        changed = [[index, graph.encode_root(root, f"argument {index}")] for index, root in roots]
        return _dumps(graph.finish({"$": "step", "result": encoded, "changed": changed}))


class _Graph:
    """One record in the making."""

    def __init__(self, namespace: Namespace, handle: Callable[[Any, str], Any], roots: tuple[Any, ...]) -> None:
        self._namespace = namespace
        self._handle = handle
        self._roots = {id(root): index for index, root in enumerate(roots)}
        self._seen: dict[int, list[Any]] = {}
        self._keep: list[Any] = []
        self._shared_lists: dict[int, int] = {}

    def finish(self, body: Any) -> Any:
        """Return `body` with every list that is mentioned twice turned into a definition."""
        return self._with_definitions(body) if self._shared_lists else body

    def _with_definitions(self, body: Any) -> Any:
        if isinstance(body, dict):
            return {key: self._with_definitions(item) for key, item in body.items()}
        if not isinstance(body, list):
            return body
        inner = [self._with_definitions(item) for item in body]
        number = self._shared_lists.get(id(body))
        return inner if number is None else {"$": "def", "n": number, "v": inner}

    def encode_root(self, value: Any, path: str) -> Any:
        return self._compound(value, path)

    def encode(self, value: Any, path: str) -> Any:
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is float:
            return value if math.isfinite(value) else {"$": "float", "v": repr(value)}
        if id(value) in self._roots:
            return {"$": "root", "i": self._roots[id(value)]}
        return self._shared(value, path)

    def _shared(self, value: Any, path: str) -> Any:
        """Encode a value with an identity: once in full, then by reference."""
        seen = self._seen.get(id(value))
        if seen is not None:
            if seen[1] is None:
                seen[1] = len(self._seen)
                self._define(seen)
            return {"$": "ref", "n": seen[1]}
        entry: list[Any] = [value, None, None]  # the value (kept alive), its number once shared, its encoding
        if type(value) not in _UNSHARED:
            self._seen[id(value)] = entry
        body = self._compound(value, path)
        entry[2] = body
        if entry[1] is not None:
            return {"$": "def", "n": entry[1], "v": body}
        return body

    def _define(self, entry: list[Any]) -> None:
        """Make the encoding of a value that is mentioned again a definition (one still in the making does it itself)."""
        number, body = entry[1], entry[2]
        if isinstance(body, list):
            self._shared_lists[id(body)] = number
        elif body is not None:
            inner = dict(body)
            body.clear()
            body.update({"$": "def", "n": number, "v": inner})

    def _compound(self, value: Any, path: str) -> Any:
        kind = type(value)
        if kind is list:
            return [self.encode(item, f"{path}[{i}]") for i, item in enumerate(value)]
        if kind is dict:
            return self._dict(value, path)
        encoder = _BY_TYPE.get(kind)
        if encoder is not None:
            return encoder(self, value, path)
        return self._object(value, path)

    def _dict(self, value: dict[Any, Any], path: str) -> Any:
        if all(type(key) is str for key in value) and "$" not in value:
            return {key: self.encode(item, f"{path}[{key!r}]") for key, item in value.items()}
        return {"$": "dict", "v": self.pairs(value.items(), path)}

    def pairs(self, items: Any, path: str) -> list[Any]:
        return [[self.encode(k, f"{path} key"), self.encode(v, f"{path}[{k!r}]")] for k, v in items]

    def _object(self, value: Any, path: str) -> Any:
        if isinstance(value, BaseException):
            return self._exception(value, path)
        if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
            name = self._namespace.names(value)
            if name is not None:
                return {"$": "name", "v": name}
        handled = self._handle(value, path)
        if handled is not None:
            return handled
        if isinstance(value, types.MethodType):
            return {"$": "method", "f": value.__name__, "v": self.encode(value.__self__, f"{path}.__self__")}
        return self._reduced(value, path)

    def _reduced(self, value: Any, path: str) -> Any:
        """Encode by pickle's own protocol (PEP 307), so what can be pickled can be stored."""
        try:
            reduced = value.__reduce_ex__(4)
        except Exception:
            raise Unstorable(path, _type_name(value)) from None
        if isinstance(reduced, str):
            name = f"{type(value).__module__}:{reduced}"
            return {"$": "name", "v": name}
        function, args, state, items, pairs = (*reduced, None, None, None)[:5]
        name = self._namespace.is_constructor(function)
        if name is None or len(reduced) > 5 and reduced[5] is not None:
            raise Unstorable(path, _type_name(value))
        self._keep.append(reduced)
        out: dict[str, Any] = {"$": "object", "f": name}
        if name.startswith("copyreg:"):
            self._check_class(args[0], path, value)
        out["a"] = [self.encode(arg, path) for arg in args]
        if state is not None:
            out["s"] = self._state(state, path)
        if items is not None:
            out["l"] = [self.encode(item, f"{path}[{i}]") for i, item in enumerate(items)]
        if pairs is not None:
            out["d"] = self.pairs(pairs, path)
        return out

    def _check_class(self, cls: Any, path: str, value: Any) -> None:
        if self._namespace.is_constructor(cls) is None:
            raise Unstorable(path, _type_name(value))

    def _state(self, state: Any, path: str) -> Any:
        if type(state) is dict:
            return {"$": "dict", "v": [[k, self.encode(v, f"{path}.{k}")] for k, v in state.items()]}
        return self.encode(state, path)

    def _exception(self, error: BaseException, path: str) -> Any:
        from durable.runner.codec.errors import describe

        return describe(self, error, path)

    def encode_or_repr(self, value: Any, path: str) -> Any:
        """Encode a part that may be lost: where it cannot be stored its repr stands for it."""
        try:
            return self.encode(value, path)
        except Unstorable:
            self._seen.pop(id(value), None)
            return {"$": "lost", "v": _safe_repr(value)}

    def name_of(self, cls: type) -> str | None:
        return self._namespace.names(cls)


def _type_name(value: object) -> str:
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _safe_repr(value: object) -> str:
    try:
        return repr(value)[:500]
    except Exception:
        return f"<{_type_name(value)}>"


def _bytes(graph: _Graph, value: Any, path: str) -> Any:
    return {"$": "bytes", "v": base64.b64encode(value).decode()}


def _bytearray(graph: _Graph, value: Any, path: str) -> Any:
    return {"$": "bytearray", "v": base64.b64encode(value).decode()}


def _sequence(tag: str) -> Callable[[_Graph, Any, str], Any]:
    def encode(graph: _Graph, value: Any, path: str) -> Any:
        return {"$": tag, "v": [graph.encode(item, f"{path}[{i}]") for i, item in enumerate(value)]}

    return encode


def _complex(graph: _Graph, value: Any, path: str) -> Any:
    return {"$": "complex", "v": [repr(value.real), repr(value.imag)]}


def _range(graph: _Graph, value: Any, path: str) -> Any:
    return {"$": "range", "v": [value.start, value.stop, value.step]}


def _slice(graph: _Graph, value: Any, path: str) -> Any:
    return {"$": "slice", "v": [graph.encode(part, path) for part in (value.start, value.stop, value.step)]}


def _single(tag: str) -> Callable[[_Graph, Any, str], Any]:
    return lambda graph, value, path: {"$": tag}


_BY_TYPE: dict[type, Callable[[_Graph, Any, str], Any]] = {
    bytes: _bytes,
    bytearray: _bytearray,
    tuple: _sequence("tuple"),
    set: _sequence("set"),
    frozenset: _sequence("frozenset"),
    complex: _complex,
    range: _range,
    slice: _slice,
    type(Ellipsis): _single("ellipsis"),
    type(NotImplemented): _single("notimplemented"),
}
