"""Large values of bytes, kept beside the records that mention them: `{"$": "blob", "c": "bytes", "h": …, "n": size}`.

They never become a part of the record's text: strings, bytes, bytearrays and arrays of numpy go to the store, and come
from it, in pieces.
"""

from __future__ import annotations

import codecs
import io
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from durable.runner.codec.values import is_compact_array
from durable.runner.errors import UnsafeRecord

Pieces = Callable[[], Iterator[bytes | memoryview]]
_PIECE = 1 << 18
LARGE = 1 << 20
"""Bytes (of a string: characters) from which on a value is kept beside its record."""


class Blobs(Protocol):
    """A store of bytes by the name that their content gives them."""

    def put(self, pieces: Pieces) -> str:
        """Keep what `pieces()` yields, on disk when this returns, and return its name. Raise JournalError."""
        ...

    def get(self, name: str, size: int) -> Iterator[bytes]:
        """Yield what is kept under `name`. Raise UnsafeRecord if it is not there, damaged, or not of `size` bytes."""
        ...


def kept(blobs: Blobs, value: Any) -> dict[str, Any] | None:
    """Put a large value in the store and return its node, None for any other value."""
    kind = type(value)
    if kind is bytes or kind is bytearray:
        if len(value) < LARGE:
            return None
        return {"$": "blob", "c": kind.__name__, "h": blobs.put(_pieces_of(memoryview(value))), "n": len(value)}
    if kind is str:
        size = sum(map(len, _encoded(value)))
        return {"$": "blob", "c": "str", "h": blobs.put(lambda: _encoded(value)), "n": size}
    if not is_compact_array(value) or value.nbytes < LARGE:
        return None
    order = "F" if value.flags.fnc else "C"
    flat = value.ravel(order="K" if value.flags.forc else "C").view("u1")
    shape = [value.dtype.str, list(value.shape), order]
    return {"$": "blob", "c": "ndarray", "v": shape, "h": blobs.put(_pieces_of(flat.data)), "n": value.nbytes}


def taken(blobs: Blobs | None, node: Mapping[str, Any]) -> Any:
    """Return the value of a node. Raise UnsafeRecord."""
    if blobs is None:
        raise UnsafeRecord("a record mentions a value that is kept beside it, and there is no place for such")
    name, size, kind = str(node["h"]), int(node["n"]), node["c"]
    pieces = blobs.get(name, size)
    if kind == "bytes":
        out = io.BytesIO()
        out.writelines(pieces)
        return out.getvalue()
    if kind == "str":
        decode = codecs.getincrementaldecoder("utf-8")("surrogatepass").decode
        return "".join([*map(decode, pieces), decode(b"", True)])
    if kind == "bytearray":
        found = bytearray(size)
        _fill(memoryview(found), pieces)
        return found
    import numpy

    dtype, shape, order = node["v"]
    if kind != "ndarray" or numpy.dtype(dtype).itemsize * math.prod(shape) != size:
        raise UnsafeRecord("a record mentions a large value of an unknown kind")
    array = numpy.empty(shape, numpy.dtype(dtype), order)
    if not is_compact_array(array):
        raise UnsafeRecord("a record mentions a large array that bytes alone do not make")
    _fill(array.ravel(order="K").view("u1").data, pieces)
    return array


def _fill(into: memoryview, pieces: Iterator[bytes]) -> None:
    at = 0
    for piece in pieces:
        into[at : at + len(piece)] = piece
        at += len(piece)


def _pieces_of(data: memoryview) -> Pieces:
    return lambda: (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))


def _encoded(text: str) -> Iterator[bytes]:
    return (text[start : start + _PIECE].encode("utf-8", "surrogatepass") for start in range(0, len(text), _PIECE))
