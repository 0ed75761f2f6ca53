"""What callbacks of a program touch beyond their arguments, and the classes that its functions make."""

from __future__ import annotations

import functools
import gc
import types
from collections.abc import Callable
from typing import Any

import pytest

from durable.runner.codec import local_classes
from durable.runner.touched import Touched, touched_by

PROGRAM = """
count, notes, name, limit = 0, [], "fixed", 3

class Tally:
    calls = 0
    def add(self):
        Tally.calls += limit

def counted(x):
    global count
    count += x
    return later(x)

def later(x):
    notes.append(name)

def unrelated():
    return {"not": "looked at"}
"""


@pytest.fixture
def program() -> types.ModuleType:
    module = types.ModuleType("program")
    exec(compile(PROGRAM, "program.py", "exec"), vars(module))
    return module


def _values(program: types.ModuleType, *functions: Any) -> list[dict[str, Any]]:
    return [touched.values() for touched in touched_by(functions, {"program": program})]


def test_bound_names_and_changeable_values_are_found_through_calls(program: types.ModuleType) -> None:
    assert _values(program, program.counted) == [{"count": 0, "notes": []}]


@pytest.mark.parametrize("wrap", [functools.partial, lambda function: [function], lambda function: {"done": function}])
def test_callbacks_are_found_in_partials_and_containers(program: types.ModuleType, wrap: Callable[[Any], Any]) -> None:
    assert _values(program, wrap(program.later)) == [{"notes": []}]


def test_a_method_touches_its_class(program: types.ModuleType) -> None:
    assert _values(program, program.Tally().add) == [{"calls": 0}]


def test_functions_of_libraries_are_left_alone(program: types.ModuleType) -> None:
    assert _values(program, functools.reduce, gc.collect, program.unrelated, types.SimpleNamespace) == []


def test_names_are_bound_as_they_were(program: types.ModuleType) -> None:
    touched = Touched(vars(program), frozenset({"count", "fresh"}))
    before = touched.values()
    program.__dict__.update(count=7, fresh=1)
    after = touched.values()
    touched.take(before)
    assert program.count == 0
    assert not hasattr(program, "fresh")
    touched.take(after)
    assert (program.count, program.fresh) == (7, 1)


def _make(base: type = object) -> type:
    class Made(base):  # type: ignore[misc]
        pass

    return Made


def test_a_local_class_is_named_by_its_place_among_the_living() -> None:
    first, _, third = _make(), _make(), _make(Exception)
    del _
    names = [local_classes.ordinal(cls) for cls in (first, third)]
    assert sorted(names) == ["#0/2", "#1/2"]
    for cls, name in zip((first, third), names, strict=True):
        parts = local_classes.split(cls.__qualname__ + name)
        assert parts is not None
        assert local_classes.living_class(__name__, *parts) is cls
    assert local_classes.living_class(__name__, first.__qualname__, 0, 5) is None
