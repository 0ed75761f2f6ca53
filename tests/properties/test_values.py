"""Random values out of every kind: a record gives them back equal in value, type and identity structure.

The environment variable PROPERTY_VALUES is the number of values (CONTRIBUTING.md has the long run).
"""

from __future__ import annotations

import os
import random
import types
import warnings
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sampling import sampled
from values import program
from values.changing import change
from values.making import Maker
from values.sameness import difference, reachable
from values.tables import TABLES

from durable.runner.codec import Decoder, Encoder, Namespace, Snapshot

EXAMPLES = int(os.environ.get("PROPERTY_VALUES", "2000"))
NAMESPACE = Namespace({program.__name__: program})
ENCODER = Encoder(NAMESPACE, lambda value, where: None)
DECODER = Decoder(NAMESPACE, lambda node: None)


many = sampled(EXAMPLES)


@many
@given(seed=st.integers(0, 2**64))
def test_any_value_comes_back(seed: int) -> None:
    value = Maker(random.Random(seed), TABLES).value()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        record = ENCODER.text(value)
    found = DECODER.value(record)
    assert not difference(value, found), record


class Program:
    """A program that holds every part of a value, and gives the value to a step that changes some of it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.maker = Maker(self.rng)
        self.root = self.maker.value()
        self.parts = reachable(self.root)
        self.maker.made = [part for part in self.parts if not isinstance(part, types.CellType)] or [[]]
        self.result: Any = None

    def change(self) -> Any:
        return change(self.maker, self.rng)

    @property
    def state(self) -> list[Any]:
        return [self.root, self.result, self.parts]


@many
@given(seed=st.integers(0, 2**64))
def test_any_change_is_made_again(seed: int) -> None:
    plain, live, twin = Program(seed), Program(seed), Program(seed)
    plain.result = plain.change()
    before = Snapshot((live.root,))
    record = ENCODER.record(live.change(), before)
    live.result = DECODER.value(record, (live.root,), before, is_live=True)
    twin.result = DECODER.value(record, (twin.root,))
    assert not difference(plain.state, live.state, is_strict=False), record
    assert not difference(plain.state, twin.state, is_strict=False), record
