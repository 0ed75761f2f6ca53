"""Values of the standard library that records show readably: `{"$": "datetime", "v": "2026-11-21T02:00:00"}`."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple


class Codec(NamedTuple):
    """How values of one class are stored: `encode` gives JSON (None: not this value), `decode` the value again."""

    tag: str
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def codec_of(kind: type) -> Codec | None:
    """Return the readable form for exactly the class `kind`, None if it has none."""
    found = BY_TYPE.get(kind)
    if found is None:
        name = f"{kind.__module__}:{kind.__qualname__}"
        found = _BY_NAME.get(name)
        if found is None or getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is not kind:
            return None
        BY_TYPE[kind] = found
    return found


def _moment(value: Any) -> str | None:
    """Return the ISO form of a datetime or time where it says everything: no fold, no named zone."""
    from datetime import timezone

    zone = value.tzinfo
    if value.fold or not (zone is None or (type(zone) is timezone and len(zone.__reduce__()[1]) == 1)):
        return None
    text: str = value.isoformat()
    return text


def _from_datetime(name: str) -> Callable[[Any], Any]:
    def decode(text: Any) -> Any:
        import datetime

        return getattr(datetime, name).fromisoformat(text)

    return decode


def _timedelta(parts: Any) -> Any:
    from datetime import timedelta

    return timedelta(*parts)


def _decimal(text: Any) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _uuid(text: Any) -> Any:
    from uuid import UUID

    return UUID(text)


def _path(text: Any) -> Any:
    from pathlib import PosixPath

    return PosixPath(text)


def _fraction(parts: Any) -> Any:
    from fractions import Fraction

    return Fraction(*parts)


def _zone(key: Any) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(key)


def _uuid_text(value: Any) -> str | None:
    return str(value) if value.is_safe.name == "unknown" else None


def _text(data: bytes | bytearray) -> str:
    return base64.b64encode(data).decode()


def _complex(parts: Any) -> complex:
    return complex(float(parts[0]), float(parts[1]))


def is_compact_array(value: Any) -> bool:
    """Say whether `value` is an array of numpy, of no subclass, whose class and bytes say everything."""
    kind = type(value)
    if kind.__name__ != "ndarray" or codec_of(kind) is None:
        return False
    return value.dtype.kind in "biufcmMSU" and value.dtype.metadata is None


def _array(value: Any) -> list[Any] | None:
    """Return an array of numpy as class, shape, order and bytes; None if its class does not say everything."""
    if not is_compact_array(value):
        return None
    kind = value.dtype
    order = "F" if value.flags.fnc else "C"
    return [kind.str, list(value.shape), order, _text(value.tobytes(order))]


def _from_array(parts: Any) -> Any:
    import numpy

    kind, shape, order, text = parts
    found = numpy.frombuffer(base64.b64decode(text), numpy.dtype(kind)).reshape(shape, order=order)
    return found.copy(order="A")  # one that owns its data and can be written


def _pandas_na(text: Any) -> Any:
    return sys.modules["pandas"].NA


# Base classes of which this is the exact class only; subclasses go by pickle's protocol.
BY_TYPE: dict[type, Codec] = {
    bytes: Codec("bytes", _text, base64.b64decode),
    bytearray: Codec("bytearray", _text, lambda text: bytearray(base64.b64decode(text))),
    complex: Codec("complex", lambda value: [repr(value.real), repr(value.imag)], _complex),
    range: Codec("range", lambda value: [value.start, value.stop, value.step], lambda parts: range(*parts)),
    type(Ellipsis): Codec("ellipsis", lambda value: "...", lambda text: Ellipsis),
    type(NotImplemented): Codec("notimplemented", lambda value: "", lambda text: NotImplemented),
}
_BY_NAME: dict[str, Codec] = {
    "datetime:datetime": Codec("datetime", _moment, _from_datetime("datetime")),
    "datetime:time": Codec("time", _moment, _from_datetime("time")),
    "datetime:date": Codec("date", lambda value: value.isoformat(), _from_datetime("date")),
    "datetime:timedelta": Codec("timedelta", lambda value: [value.days, value.seconds, value.microseconds], _timedelta),
    "decimal:Decimal": Codec("decimal", str, _decimal),
    "fractions:Fraction": Codec("fraction", lambda value: [value.numerator, value.denominator], _fraction),
    "uuid:UUID": Codec("uuid", _uuid_text, _uuid),
    "pathlib:PosixPath": Codec("path", str, _path),
    "numpy:ndarray": Codec("ndarray", _array, _from_array),
    "pandas.api.typing:NAType": Codec("pandas.NA", lambda value: "", _pandas_na),
    "pandas._libs.missing:NAType": Codec("pandas.NA", lambda value: "", _pandas_na),
    "zoneinfo:ZoneInfo": Codec("zone", lambda value: value.key, _zone),
}
BY_TAG: dict[str, Codec] = {codec.tag: codec for codec in (*BY_TYPE.values(), *_BY_NAME.values())}


def member_name(value: Enum) -> str | None:
    """Return the name of an Enum member, None for a combination of flags."""
    name = value._name_
    return name if name is not None and type(value)._member_map_.get(name) is value else None


def is_exact_text(value: str) -> bool:
    """Say whether JSON in UTF-8 can hold `value` (lone surrogates, from file names, cannot be)."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
