"""What a call's mutable arguments were before it: compared with after, and the identity of their parts.

The image of a root is its pickle, made by the C pickler: equal bytes mean an unchanged object. The pickler's memo lists
the parts of the object graph in an order that follows from the graph alone, so "part 3 of argument 0" means the same
object live and on replay, whatever the call moved where.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import pickle
import types
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, TypeVar

from durable.runner.codec import errors
from durable.runner.codec.contents import reduce_ex
from durable.runner.codec.functions import contents_of_cells, is_unnamed
from durable.runner.codec.values import is_compact_array
from durable.runner.standing import Standing

T = TypeVar("T")

_NAMED = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, Standing)
_SCALARS = frozenset({str, int, bool, float, type(None)})
_SMALL = 1 << 16
"""Bytes up to which an image is kept; of a larger one its hash is enough."""
Reach = Callable[[list[Any], Sequence[Any]], Sequence[Any]]
"""Given functions and classes, and the roots that are known, it returns what else they may change."""
_TRIES = 5
"""How often something is read that another thread's changes break off."""
_IMMUTABLE = (str, bytes, int, float, complex, tuple, frozenset)


def undisturbed(read: Callable[[], T]) -> T:
    """Return what `read` does; it is called again where another thread has changed a dict or a set under its hands."""
    for _ in range(_TRIES - 1):
        try:
            return read()
        except RecursionError:
            raise
        except RuntimeError:
            continue
    return read()


def _token(*identity: Any) -> Any:
    return identity


class _Picture:
    """What a pickler writes to: the bytes of a small image, a hash of those of a large one."""

    __slots__ = ("_hash", "_size", "_small")

    def __init__(self) -> None:
        self._small: list[bytes] = []
        self._size = 0
        self._hash: hashlib.blake2b | None = None

    def write(self, data: bytes | memoryview) -> None:
        size = len(data)
        self._size += size
        if self._hash is None:
            if self._size <= _SMALL:
                self._small.append(bytes(data))
                return
            self._hash = _digest(b"".join(self._small))
            self._small.clear()
        self._hash.update(data)

    def value(self) -> bytes:
        if self._hash is not None:
            return self._hash.digest()
        return self._small[0] if len(self._small) == 1 else b"".join(self._small)


def _digest(data: bytes | memoryview) -> hashlib.blake2b:
    return hashlib.blake2b(data, digest_size=32)


class _Imager(pickle.Pickler):
    """Pickles anything: what cannot be pickled is named by its identity and listed in `held`."""

    def __init__(self, picture: _Picture) -> None:
        super().__init__(picture, 5)
        self.held: list[Any] = []
        self.states: set[int] = set()
        self.code: dict[int, Any] = {}

    def reducer_override(self, obj: Any) -> Any:
        if obj is _token:
            return NotImplemented
        kind = type(obj)
        if kind is types.FunctionType or kind is types.MethodType:
            function = obj if kind is types.FunctionType else obj.__func__
            self.code[id(function)] = function
        elif kind not in _NAMED:
            self.code[id(kind)] = kind
        if type(obj) is types.FunctionType and is_unnamed(obj):
            return _token, (id(obj),), contents_of_cells(obj)
        if isinstance(obj, BaseException):
            return _token, (id(type(obj)),), errors.parts_of(obj)
        if isinstance(obj, _NAMED):
            return _token, (id(obj),)
        if is_compact_array(obj) and obj.nbytes > _SMALL and obj.flags.forc:
            flat = obj.ravel(order="K").view("u1")
            return _token, (_digest(flat.data).digest(), obj.dtype.str, obj.shape, obj.flags.fnc)
        try:
            reduced = reduce_ex(obj)
        except Exception:
            reduced = None
        if isinstance(reduced, tuple):
            if len(reduced) > 2 and reduced[2] is not None:
                self.states.add(id(reduced[2]))
            return reduced
        self.held.append(obj)
        return _token, (id(obj),)


class Image:
    """One object graph at one moment."""

    __slots__ = ("_imager", "code", "data", "held", "states")

    def __init__(self, root: Any) -> None:
        self.data: bytes | None = None
        self._imager: _Imager | None = None
        with contextlib.suppress(Exception):  # too deep, or changed all the time: then its changes cannot be told
            undisturbed(functools.partial(self._look, root))

    def _look(self, root: Any) -> None:
        picture = _Picture()
        imager = _Imager(picture)
        self.held, self.states, self.code = imager.held, imager.states, imager.code
        imager.dump(root)
        self.data = picture.value()
        self._imager = imager  # its memo is copied when it is asked for: that is larger than what it lists

    def parts(self) -> list[Any]:
        """Return the mutable parts of the graph, in an order that follows from the graph alone."""
        held = {id(item) for item in self.held}
        memo: dict[int, tuple[int, Any]] = self._imager.memo.copy() if self._imager is not None else {}
        ordered = sorted(memo.values(), key=lambda entry: entry[0])
        return [part for _, part in ordered if _has_identity(part) and id(part) not in held]


def _has_identity(part: Any) -> bool:
    """Say whether it can matter to a program which one of two equal objects it has."""
    if type(part) is types.FunctionType:
        return is_unnamed(part)
    if isinstance(part, (*_NAMED, Enum, types.MethodType)):
        return False
    return not isinstance(part, _IMMUTABLE) or hasattr(part, "__dict__")


class Snapshot:
    """The roots of a call before it.

    `taken` is what their parts held, one level deep and by their identities, when the record of the call was made.
    Behind the call's own roots come those that the code found in them may change, which `reach` tells.
    Of the roots that are `late` it counts what they were then: others that were under way have changed them.
    """

    def __init__(self, roots: Sequence[Any], reach: Reach | None = None) -> None:
        self.roots = tuple(roots)
        self.images = [Image(root) for root in self.roots]
        if reach is not None and self.images:
            code = [item for image in self.images for item in image.code.values()]
            more = reach(code, self.roots)
            self.roots = (*self.roots, *more)
            self.images += [Image(root) for root in more]
        self.taken: dict[int, list[Any]] = {}
        self.late: list[int] = []
        self._parts: dict[int, list[Any]] = {}
        self._known: dict[int, tuple[int, int]] | None = None
        self._held: dict[int, tuple[int, str, int]] | None = None

    def renew(self) -> None:
        """Look again at the roots that are late."""
        for index in self.late:
            self.images[index] = Image(self.roots[index])
            self._parts.pop(index, None)
        self._known = self._held = None

    def changed(self) -> list[int]:
        """Return the indices of the roots that are not any more what they were."""
        pairs = enumerate(zip(self.roots, self.images, strict=True))
        return [i for i, (root, image) in pairs if image.data is not None and Image(root).data != image.data]

    def parts(self, root: int) -> list[Any]:
        """Return the parts of root number `root`, as they were numbered before the call."""
        found = self._parts.get(root)
        if found is None:
            found = self._parts[root] = self.images[root].parts()
        return found

    def held(self, root: int, kind: str, number: int) -> Any:
        """Return the part number `number` of those of class `kind` that cannot be stored. Raise IndexError."""
        return [item for item in self.images[root].held if _kind(item) == kind][number]

    def objects(self, root: int) -> list[Any]:
        """Return the parts of root number `root` but for the states of others, such as their `__dict__`."""
        states = self.images[root].states
        return [part for part in self.parts(root) if id(part) not in states]

    def part_of(self, obj: Any) -> tuple[int, int] | None:
        """Return (root, number) if `obj` was a part of a root before the call."""
        if self._known is None:
            self._known = {}
            for index in range(len(self.roots)):
                for number, part in enumerate(self.parts(index)):
                    self._known.setdefault(id(part), (index, number))
        return self._known.get(id(obj))

    def holds(self, obj: Any) -> bool:
        """Say whether `obj` is a root or was a part of one."""
        if not self.roots or type(obj) in _SCALARS:
            return False
        return any(obj is root for root in self.roots) or self.part_of(obj) is not None

    def held_of(self, obj: Any) -> tuple[int, str, int] | None:
        """Return (root, class, number) if `obj` was an unstorable part of a root before the call."""
        if self._held is None:
            self._held = {}
            for index, image in enumerate(self.images):
                counts: dict[str, int] = {}
                for item in image.held:
                    kind = _kind(item)
                    self._held.setdefault(id(item), (index, kind, counts.get(kind, 0)))
                    counts[kind] = counts.get(kind, 0) + 1
        return self._held.get(id(obj))


def _kind(obj: Any) -> str:
    return f"{type(obj).__module__}:{type(obj).__qualname__}"
