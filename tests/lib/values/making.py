"""Random values out of every kind that a record holds: nested, aliased, cyclic. A random source in, a value out."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import fractions
import io
import ipaddress
import math
import pathlib
import random
import re
import string
import types
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

from values import program

_TEXTS = ("", "a", "ä€😀", "$", '{"$": "ref", "n": 0}', "\ud800", "\x00\n", "key")
_FLOATS = (0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 0.1)
_ZONES = (None, datetime.UTC, datetime.timezone(datetime.timedelta(minutes=-90)), zoneinfo.ZoneInfo("UTC"))
_NAMED = (int, len, ValueError, program.Point, program.Node.Inner, program.double, re.sub, math.sqrt, datetime.date)
_DECIMALS = ("1.10", "-0", "NaN", "sNaN12", "-Infinity", "1E+400")
_ADDRESSES = ("10.0.0.1", "::1", "fe80::1%eth0")


class Maker:
    """Makes one value. Whatever has an identity may be mentioned again, also while it is being made (a cycle)."""

    def __init__(self, rng: random.Random, more: tuple[Leaf, ...] = ()) -> None:
        self.rng = rng
        self.made: list[Any] = []
        self._left = rng.choice((1, 4, 12, 40))
        self._leaves = (*_LEAVES, *more)

    def value(self) -> Any:
        rng = self.rng
        self._left -= 1
        if self.made and rng.random() < 0.2:
            return rng.choice(self.made)
        if self._left <= 0 or rng.random() < 0.4:
            return self._known(rng.choice(self._leaves)(rng))
        return rng.choice(_CONTAINERS)(self)

    def allow(self, more: int) -> None:
        """Let so many more parts be made."""
        self._left = more

    def several(self) -> list[Any]:
        return [self.value() for _ in range(self.rng.randrange(4))]

    def some_keys(self) -> list[Any]:
        return [self.rng.choice(_HASHABLE)(self.rng) for _ in range(self.rng.randrange(4))]

    def _known(self, value: Any) -> Any:
        self.made.append(value)
        return value

    # What is known before its contents are made, so that they may mention it

    def sequence(self, kind: Callable[[], Any]) -> Any:
        made = self._known(kind())
        made.extend(self.several())
        return made

    def mapping(self, kind: Callable[[], Any]) -> Any:
        made = self._known(kind())
        for key in self.some_keys():
            made[key] = self.value()
        return made

    def instance(self, kind: Callable[[], Any], names: tuple[str, ...]) -> Any:
        made = self._known(kind())
        for name in names:
            if self.rng.random() < 0.8:
                setattr(made, name, self.value())
        return made

    def error(self, kind: type[BaseException]) -> Any:
        made = self._known(kind.__new__(kind))
        made.args = tuple(self.several())
        for name in ("code", "hint", "filename"):
            if self.rng.random() < 0.3:
                setattr(made, name, self.value())
        errors = [item for item in self.made if isinstance(item, BaseException)]
        if self.rng.random() < 0.3:
            made.__cause__ = self.rng.choice(errors)
        if self.rng.random() < 0.3:
            made.__context__ = self.rng.choice(errors)
        if self.rng.random() < 0.3:
            made.add_note("a note")
        return made

    # What is known only when it is complete

    def built(self, build: Callable[..., Any], *args: Any) -> Any:
        return self._known(build(*args))

    def attributes(self, made: Any) -> Any:
        made.own = self.value()
        return self._known(made)


Leaf = Callable[[random.Random], Any]


def _moment(rng: random.Random) -> datetime.datetime:
    parts = (
        rng.randint(1, 9999),
        rng.randint(1, 12),
        rng.randint(1, 28),
        rng.randrange(24),
        0,
        59,
        rng.randrange(10**6),
    )
    return datetime.datetime(*parts, tzinfo=rng.choice(_ZONES), fold=rng.randrange(2))


def _number(rng: random.Random) -> int:
    return rng.choice((0, -1, 2**53 + 1, -(2**64), 10**5000, rng.getrandbits(200)))


def _text_io(rng: random.Random) -> io.StringIO:
    made = io.StringIO("one\ntwo\r\n", newline=rng.choice((None, "", "\n")))
    made.seek(rng.randrange(6))
    return made


def _bytes_io(rng: random.Random) -> io.BytesIO:
    made = io.BytesIO(b"\x00one\xff")
    made.seek(rng.randrange(9))
    return made


_HASHABLE: tuple[Leaf, ...] = (
    lambda rng: rng.choice(_TEXTS),
    lambda rng: rng.choice(string.ascii_letters),
    _number,
    lambda rng: rng.choice((None, True, 1.5, b"k")),
    lambda rng: (rng.randrange(9), rng.choice(_TEXTS)),
    lambda rng: frozenset((rng.randrange(9),)),
    lambda rng: rng.choice(tuple(program.Colour)),
    lambda rng: program.Fixed(rng.randrange(9)),
    lambda rng: uuid.UUID(int=rng.getrandbits(128)),
    lambda rng: datetime.date(2026, 1, rng.randint(1, 31)),
)
_LEAVES: tuple[Leaf, ...] = (
    *_HASHABLE,
    lambda rng: rng.choice(_FLOATS),
    lambda rng: rng.random() * 10 ** rng.randint(-300, 300),
    lambda rng: complex(rng.choice(_FLOATS), rng.choice(_FLOATS)),
    lambda rng: rng.randbytes(rng.randrange(20)),
    lambda rng: bytearray(rng.randbytes(3)),
    lambda rng: range(rng.randrange(9), rng.randrange(99), rng.choice((-2, 1, 7))),
    _moment,
    lambda rng: _moment(rng).date(),
    lambda rng: _moment(rng).timetz(),
    lambda rng: datetime.timedelta(rng.randint(-9, 9), rng.randrange(86400), rng.randrange(10**6)),
    lambda rng: rng.choice(_ZONES),
    lambda rng: decimal.Decimal(rng.choice(_DECIMALS)),
    lambda rng: fractions.Fraction(rng.randint(-9, 9), rng.randint(1, 9)),
    lambda rng: pathlib.Path(rng.choice(("/", ".", "a/b", "/\udcff"))),
    lambda rng: pathlib.PureWindowsPath("C:/x"),
    lambda rng: program.Rights(rng.randrange(8)),
    lambda rng: rng.choice((*program.Level, *program.Name, ..., NotImplemented)),
    lambda rng: rng.choice(_NAMED),
    lambda rng: re.compile(rng.choice(("a+(?P<n>.)", "")), rng.choice((0, re.I | re.M))),
    lambda rng: collections.Counter(rng.choices("abc", k=4)),
    lambda rng: rng.choice((array.array("b", b"ab"), array.array("d", [0.5]), array.array("u", "ä€"))),
    lambda rng: ipaddress.ip_address(rng.choice(_ADDRESSES)),
    _text_io,
    _bytes_io,
    lambda rng: random.Random(rng.randrange(9)),
    lambda rng: program.Number(rng.randrange(99)),
)
_CONTAINERS: tuple[Callable[[Maker], Any], ...] = (
    lambda maker: maker.sequence(list),
    lambda maker: maker.sequence(list),
    lambda maker: maker.sequence(program.Row),
    lambda maker: maker.sequence(collections.deque),
    lambda maker: maker.sequence(lambda: collections.deque(maxlen=2)),
    lambda maker: maker.mapping(dict),
    lambda maker: maker.mapping(dict),
    lambda maker: maker.mapping(program.Table),
    lambda maker: maker.mapping(lambda: collections.defaultdict(maker.rng.choice((None, list, program.Node)))),
    lambda maker: maker.mapping(collections.OrderedDict),
    lambda maker: maker.built(tuple, maker.several()),
    lambda maker: maker.built(program.Pair, maker.value(), maker.value()),
    lambda maker: maker.built(program.Triple, maker.value(), maker.value()),
    lambda maker: maker.built(program.Fixed, maker.value(), maker.value()),
    lambda maker: maker.built(slice, maker.value(), maker.value(), maker.value()),
    lambda maker: maker.built(set, maker.some_keys()),
    lambda maker: maker.built(frozenset, maker.some_keys()),
    lambda maker: maker.instance(program.Point, ("x", "y")),
    lambda maker: maker.instance(program.Node, ("label", "other", "more")),
    lambda maker: maker.instance(program.Node.Inner, ("a",)),
    lambda maker: maker.instance(program.Slotted, ("a", "b")),
    lambda maker: maker.instance(program.Both, ("a", "b", "c")),
    lambda maker: maker.instance(program.Stateful, ("value",)),
    lambda maker: maker.instance(types.SimpleNamespace, ("a", "b")),
    lambda maker: maker.attributes(program.Text(maker.rng.choice(_TEXTS))),
    lambda maker: maker.attributes(program.Row((1,))),
    lambda maker: maker.built(lambda node: node.tell, maker.instance(program.Node, ("label",))),
    lambda maker: maker.built(program.adder, maker.value(), maker.sequence(list)),
    lambda maker: maker.built(lambda count: list(program.counter(count)), 3),
    lambda maker: maker.error(maker.rng.choice((ValueError, OSError, KeyError, program.Problem, StopIteration))),
    lambda maker: maker.built(ExceptionGroup, "several", [maker.error(ValueError), maker.error(TypeError)]),
)
