"""Random changes in place of what a call was given, as steps make them: to any part, with new values and old ones."""

from __future__ import annotations

import array
import collections
import random
import types
from typing import Any

from values import program
from values.making import Maker

_OBJECTS = (program.Point, program.Node, program.Both, program.Text, types.SimpleNamespace)


def change(maker: Maker, rng: random.Random) -> Any:
    """Change some of what `maker` has made, and return a value that may hold parts of it, old and new."""
    maker.rng = rng
    maker.allow(rng.choice((2, 10)))
    for part in rng.choices(maker.made, k=rng.choice((1, 2, 5))):
        _change_one(maker, part)
    return maker.value() if rng.random() < 0.7 else None


def _change_one(maker: Maker, part: Any) -> None:
    rng = maker.rng
    if isinstance(part, list | collections.deque):
        _change_sequence(maker, part)
    elif isinstance(part, dict) and not isinstance(part, collections.Counter):
        _change_mapping(maker, part)
    elif isinstance(part, set):
        part.symmetric_difference_update(maker.some_keys())
    elif isinstance(part, bytearray):
        part.extend(b"more")
    elif isinstance(part, array.array):
        part.extend(part)
    elif isinstance(part, collections.Counter):
        part.update("cab")
    elif isinstance(part, random.Random):
        part.random()
    elif isinstance(part, _OBJECTS):
        part.x = maker.value()  # type: ignore[union-attr]
        if vars(part) and rng.random() < 0.3:
            del vars(part)[next(iter(vars(part)))]
    elif isinstance(part, program.Slotted):
        part.a = maker.value()


def _change_sequence(maker: Maker, part: Any) -> None:
    rng = maker.rng
    what = rng.randrange(5)
    if what == 0:
        part.extend(maker.several())
    elif what == 1 and part:
        part.pop()
    elif what == 2:
        part.reverse()
    elif what == 3 and part:
        part[rng.randrange(len(part))] = maker.value()
    else:
        part.clear()
        part.append(maker.value())


def _change_mapping(maker: Maker, part: dict[Any, Any]) -> None:
    rng = maker.rng
    if part and rng.random() < 0.5:
        part.pop(rng.choice(list(part)))
    for key in maker.some_keys():
        part[key] = maker.value()
