"""From a value to its class, and from a class to its instances."""

from __future__ import annotations

from durable.transpiler import catalogue
from durable.transpiler.inference.sources import Class
from durable.transpiler.inference.values import (
    MADE,
    NONE,
    ClassOf,
    Collection,
    Data,
    Named,
    Object,
    Unknown,
    Value,
    Values,
)


def class_of(value: Value) -> Value:
    """What `type(value)` is."""
    match value:
        case Object(cls=Class() as cls):
            return ClassOf(cls)
        case Data() | Collection():
            return Data(is_made=True)
        case _:
            return Unknown()


def instance_of(value: Value) -> Values:
    """What an annotation with this value says of a name; none if it says nothing that is known."""
    match value:
        case ClassOf():
            return frozenset({Object(value.cls)})
        case Named():
            entry = catalogue.lookup(value.name)
            if value.name.startswith("builtins.") and entry is not None:
                return MADE if value.name.rpartition(".")[2] in _PLAIN else NONE
            return frozenset({Object(value.name)}) if entry is not None and entry.is_class else NONE
        case _:
            return NONE


_PLAIN = frozenset("str bytes bytearray int float complex bool list tuple dict set frozenset".split())
