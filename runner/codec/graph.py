"""One record in the making: values to JSON, with sharing, cycles and the parts of a call's roots kept.

Tags: an object with the key "$" is a tagged value; every other JSON value stands for itself.
`{"$": "def", "n": 1, "v": …}` is a value that is mentioned again as `{"$": "ref", "n": 1}`.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import Any, Protocol

from durable.runner.codec import blobs, functions
from durable.runner.codec.blobs import Blobs
from durable.runner.codec.contents import contents_of, held_by, reduced
from durable.runner.codec.names import RECONSTRUCTORS, Namespace
from durable.runner.codec.secrets import Secrets
from durable.runner.codec.snapshot import Snapshot
from durable.runner.codec.unstorable import Unstorable, type_name
from durable.runner.codec.values import codec_of, is_exact_text, member_name
from durable.runner.errors import UnsafeRecord
from durable.runner.standing import Standing

_SCALARS = frozenset({str, int, bool, type(None)})
_UNSHARED = frozenset({bytes, type(Ellipsis), type(NotImplemented), range})
_BUILT_FROM_PARTS = frozenset({tuple, frozenset})
_LONGEST_INT = 1 << 10_000  # Python refuses to read or write longer numbers in decimal


class Handle(Protocol):
    """Gives a tagged value for a live object that is a resource, else None; `where` is "result", "inside" or "root"."""

    def __call__(self, value: Any, where: str) -> dict[str, Any] | None: ...


class _Entry:
    """A value met in a record: kept alive, its number once it is mentioned again, its encoding once it is complete."""

    __slots__ = ("body", "is_building", "is_rebuilt", "number", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.number: int | None = None
        self.body: Any = None
        self.is_building = type(value) in _BUILT_FROM_PARTS
        self.is_rebuilt = False


class Graph:
    """One record in the making."""

    def __init__(
        self, namespace: Namespace, handle: Handle, roots: tuple[Any, ...], before: Snapshot, secrets: Secrets
    ) -> None:
        self.namespace = namespace
        self.blobs: Blobs | None = None
        self.is_careful = False
        self._secrets = secrets
        self._handle = handle
        self._before = before
        self._root_objects = roots
        self._roots = {id(root): index for index, root in enumerate(roots)}
        self._changed: frozenset[int] = frozenset()
        self._uses: set[int] = set()
        self._seen: dict[int, _Entry] = {}
        self._numbers = 0
        self._keep: list[Any] = []
        self._shared_lists: dict[int, int] = {}

    def step(self, result: Any, changed: list[int]) -> Any:
        """Return the body of a step's record: the changed roots come first, so that the result may mention parts."""
        self._changed = frozenset(changed)
        contents = [[index, self.contents(self._root_objects[index])] for index in changed]
        encoded = self.encode(result, "result")
        if not contents and not self._uses:
            return encoded
        left = [self.soft(part) for index in changed for part in self._left_out(index)]
        body = {"$": "step", "uses": sorted(self._uses | set(changed)), "changed": contents, "result": encoded}
        late = [index for index in self._before.late if index in body["uses"]]
        return {**body, **({"left": left} if left else {}), **({"late": late} if late else {})}

    def _left_out(self, root: int) -> Iterator[Any]:
        """Yield what was a part of a changed root and is none now: the call may have changed it all the same."""
        for part in self._before.objects(root) if self._before.roots else ():
            if id(part) not in self._seen and id(part) not in self._roots:
                yield part

    # Sharing

    def encode(self, value: Any, where: str = "inside") -> Any:
        """Return the JSON of `value`; one with an identity in full once, then by reference. Raise Unstorable."""
        kind = type(value)
        if kind in _SCALARS:
            if kind is str and len(value) >= blobs.LARGE and (large := self.large(value)) is not None:
                return large
            return self._carefully(value) if self.is_careful else value
        if kind is float:
            return value if math.isfinite(value) else {"$": "float", "v": repr(value)}
        mark = id(value)
        if mark in self._roots:
            return {"$": "root", "i": self._roots[mark]}
        entry = self._seen.get(mark)
        if entry is not None:
            return self._mention(entry)
        if kind in _UNSHARED or (kind is tuple and not value):
            return self._compound(value, where)
        return self._enter(value, where)

    def _enter(self, value: Any, where: str) -> Any:
        entry = self._seen[id(value)] = _Entry(value)
        part = self._before.part_of(value) if self._before.roots else None
        body = self._compound(value, where) if part is None else self._part(value, *part)
        entry.body = body
        entry.is_building = False
        if entry.is_rebuilt:
            return {"$": "again", "n": entry.number, "v": body}
        if entry.number is not None:
            return {"$": "def", "n": entry.number, "v": body}
        return body

    def _mention(self, entry: _Entry) -> Any:
        if entry.number is None:
            entry.number = self._numbers
            self._numbers += 1
            self._define(entry)
        if entry.is_building and not entry.is_rebuilt:
            # A tuple inside its own list: as in pickle, it is made completely in there and mentioned from out here.
            entry.is_rebuilt = True
            return {"$": "def", "n": entry.number, "v": self._compound(entry.value, "inside")}
        return {"$": "ref", "n": entry.number}

    def _define(self, entry: _Entry) -> None:
        """Make the encoding of a value that is mentioned again a definition; one in the making does it itself."""
        body = entry.body
        if isinstance(body, list):
            self._shared_lists[id(body)] = entry.number or 0
            self._keep.append(body)
        elif body is not None:
            inner = dict(body)
            body.clear()
            body.update({"$": "def", "n": entry.number, "v": inner})

    @contextmanager
    def building(self, value: Any) -> Iterator[None]:
        """Inside the block the parts are encoded without which `value` cannot be made: it may be one of theirs."""
        entry = self._seen.get(id(value))
        if entry is not None:
            entry.is_building = True
        try:
            yield
        finally:
            if entry is not None:
                entry.is_building = False

    def cell(self, cell: types.CellType) -> tuple[int, bool]:
        """Return the number of a closure's cell, and whether it is met here first."""
        entry = self._seen.get(id(cell))
        if entry is not None and entry.number is not None:
            return entry.number, False
        entry = self._seen[id(cell)] = _Entry(cell)
        entry.number = self._numbers
        self._numbers += 1
        return entry.number, True

    def keep(self, made: Any) -> None:
        """Keep an object alive that was made for this record, so that none after it has its identity."""
        self._keep.append(made)

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

    # Roots and their parts

    def _part(self, value: Any, root: int, number: int) -> Any:
        self._uses.add(root)
        node = {"$": "part", "r": root, "k": number}
        if root in self._changed:
            node["v"] = self.contents(value)
        return node

    def contents(self, value: Any) -> dict[str, Any]:
        """Return what a root or a part of one holds now, to be put into the same object on replay. Raise Unstorable."""
        self._before.taken[id(value)] = held_by(value)
        return contents_of(self, value)

    def soft(self, value: Any) -> Any:
        """Encode a part of a root; what cannot be stored is named by what it was, or left out.

        Raise Unstorable for what was a part before: whether it was changed cannot be told.
        """
        mark = len(self._seen)
        try:
            return self.encode(value, "root")
        except Unstorable:
            if self._before.part_of(value) is not None:
                raise
            self._forget(mark)
        return self._held(value) or {"$": "gone", "c": type_name(value)}

    def _held(self, value: Any) -> dict[str, Any] | None:
        """Return the name of a value that was a part of a root and cannot be stored, None if it was none."""
        held = self._before.held_of(value)
        if held is None:
            return None
        root, kind, number = held
        self._uses.add(root)
        return {"$": "held", "r": root, "c": kind, "k": number}

    def _forget(self, mark: int) -> None:
        """Drop the values met since there were `mark` of them: their encodings are not used."""
        while len(self._seen) > mark:
            _, entry = self._seen.popitem()
            self._keep.append(entry)

    # Kinds of values

    def _carefully(self, value: Any) -> Any:
        if type(value) is str:
            hidden = self._secrets.tagged(value)
            if hidden is not None:
                return hidden
            if not is_exact_text(value):
                return {"$": "str", "v": [ord(character) for character in value]}
        if type(value) is int and not -_LONGEST_INT < value < _LONGEST_INT:
            return {"$": "int", "v": hex(value)}
        return value

    def _compound(self, value: Any, where: str) -> Any:
        kind = type(value)
        if kind is list:
            return self.items(value)
        if kind is dict:
            return self._dict(value)
        if kind in (tuple, set, frozenset):
            return {"$": kind.__name__, "v": self.items(value)}
        codec = codec_of(kind)
        if codec is not None:
            large = self.large(value)
            if large is not None:
                return large
            body = codec.encode(value)
            if body is not None:
                return {"$": codec.tag, "v": body}
        return self._object(value, where)

    def large(self, value: Any) -> dict[str, Any] | None:
        """Return the node of a large value that is kept beside the record, None for any other."""
        if self.blobs is None or (type(value) is str and self._secrets.are_within(value)):
            return None
        return blobs.kept(self.blobs, value)

    def items(self, values: Any, encode: Callable[[Any], Any] | None = None) -> list[Any]:
        """Return the JSON of each item."""
        encode = encode or self.encode
        out: list[Any] = []
        try:
            for value in values:
                out.append(encode(value))
        except Unstorable as lost:
            raise lost.under(f"[{len(out)}]") from None
        return out

    def _dict(self, value: dict[Any, Any]) -> Any:
        if self.is_careful or "$" in value or not all(type(key) is str for key in value):
            return {"$": "dict", "v": self.pairs(value.items())}
        out: dict[str, Any] = {}
        key = ""
        try:
            for key, item in list(value.items()):
                out[key] = self.encode(item)
        except Unstorable as lost:
            raise lost.under(f"[{key!r}]") from None
        return out

    def pairs(self, items: Any, encode: Callable[[Any], Any] | None = None) -> list[Any]:
        """Return [key, value] of each item, for keys of any kind."""
        encode = encode or self.encode
        out: list[Any] = []
        for key, value in list(items):  # another thread may change what it comes from
            try:
                out.append([encode(key), encode(value)])
            except Unstorable as lost:
                raise lost.under(f"[{key!r}]") from None
        return out

    def attributes(self, items: Mapping[str, Any], encode: Callable[[Any], Any] | None = None) -> list[Any]:
        """Return [name, value] of each attribute."""
        encode = encode or self.encode
        out: list[Any] = []
        for key, value in list(items.items()):
            try:
                out.append([key, encode(value)])
            except Unstorable as lost:
                raise lost.under(f".{key}") from None
        return out

    def _object(self, value: Any, where: str) -> Any:
        if isinstance(value, BaseException):
            from durable.runner.codec.errors import describe

            return describe(self, value)
        if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | Standing):
            name = self.namespace.value_name(value)
            if name is not None:
                return {"$": "name", "v": name}
            if type(value) is types.FunctionType:
                return functions.describe(self, value)
        if isinstance(value, Enum):
            return self._member(value)
        handled = self._handle(value, where)
        if handled is not None:
            return handled
        method = _method_of(value)
        if method is not None:
            owner: Any = getattr(value, "__self__")  # noqa: B009 (pyright does not see that it is bound)
            with self.building(value):
                return {"$": "method", "f": method, "v": self.encode(owner)}
        return self._reduced(value)

    def _member(self, value: Enum) -> Any:
        cls = self.namespace.names(type(value))
        if cls is None:
            raise Unstorable("", type_name(value))
        name = member_name(value)
        return {"$": "enum", "c": cls, "f": name} if name else {"$": "enum", "c": cls, "v": self.encode(value._value_)}

    def _reduced(self, value: Any) -> Any:
        """Encode by pickle's own protocol (PEP 307), so what can be pickled can be stored."""
        function, args, state, items, pairs = reduced(value)
        name = self.namespace.is_constructor(function)
        if name is None:
            raise Unstorable("", type_name(value))
        self.keep((args, state))
        if name in RECONSTRUCTORS:
            try:
                self.namespace.check_made(args[0])
            except UnsafeRecord:
                raise Unstorable("", type_name(value)) from None
            args = ({"$": "name", "v": self.namespace.names(args[0])}, *args[1:])
        out: dict[str, Any] = {"$": "object", "f": name}
        with self.building(value):
            out["a"] = [args[0], *self.items(args[1:])] if name in RECONSTRUCTORS else self.items(args)
        if state is not None:
            out["s"] = self.state(state, self.encode_or_repr if _is_lenient(value) else None)
        if items is not None:
            out["l"] = self.items(items)
        if pairs is not None:
            out["d"] = self.pairs(pairs)
        return out

    def state(self, state: Any, encode: Callable[[Any], Any] | None = None) -> Any:
        """Return the JSON of a pickled state."""
        if type(state) is dict and all(type(key) is str for key in state):
            return {"$": "state", "v": self.attributes(state, encode)}
        return self.encode(state)

    def encode_or_repr(self, value: Any) -> Any:
        """Encode a part that may be lost: where it cannot be stored its repr stands for it."""
        mark = len(self._seen)
        try:
            return self.encode(value)
        except (Unstorable, RecursionError):
            self._forget(mark)
            return {"$": "lost", "v": _safe_repr(value)}


def _is_lenient(value: Any) -> bool:
    """Say whether parts of an object that cannot be stored may be lost: a request's hooks and the file it sent."""
    return type(value).__qualname__ == "PreparedRequest" and type(value).__module__ == "requests.models"


def _method_of(value: Any) -> str | None:
    """Return the name of a bound method, None for anything else."""
    if isinstance(value, types.MethodType) and not isinstance(value.__self__, type):
        return value.__name__
    if isinstance(value, types.BuiltinMethodType) and not isinstance(value.__self__, types.ModuleType | type | None):
        return value.__name__
    return None


def _safe_repr(value: object) -> str:
    try:
        return repr(value)[:500]
    except Exception:
        return f"<{type_name(value)}>"
