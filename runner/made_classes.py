"""Classes that a library makes at run time and no module holds: the clients of boto3, its paginators.

A handle of such an object names the nearest base that a module holds, and the methods that the class has besides. From
these the program's proxy gets a class, live as on replay, when nobody has made the library's yet.
"""

from __future__ import annotations

import functools
import sys
from typing import Any


def is_named(cls: type) -> bool:
    """Say whether its module holds `cls` under its name."""
    found: Any = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is cls


def named_base(cls: type) -> type:
    """Return `cls` if a module holds it, else the nearest of its bases that one holds."""
    return next(base for base in cls.__mro__ if is_named(base))


def described(cls: type) -> dict[str, Any]:
    """Return what a handle says of a class made at run time; nothing if a module holds it or it has no base to name."""
    base = named_base(cls)
    if base is cls or base is object:
        return {}
    known = {name for one in base.__mro__ for name in vars(one)}
    own = {name for one in cls.__mro__ for name, member in vars(one).items() if callable(member)}
    return {"b": f"{base.__module__}:{base.__qualname__}", "m": sorted(own - known)}


@functools.cache
def made(name: str, base: type, methods: tuple[str, ...]) -> type:
    """Return a class `name` ("module:Class") that derives from `base` and has the methods, which are never called."""
    module, _, qualname = name.partition(":")
    body: dict[str, Any] = dict.fromkeys(methods, _unreachable)
    cls = type(qualname.rpartition(".")[2], (base,), {**body, "__module__": module, "__durable_made__": True})
    cls.__qualname__ = qualname
    return cls


def is_made(cls: type) -> bool:
    """Say whether `cls` is one of `made`."""
    return "__durable_made__" in vars(cls)


def _unreachable(self: Any, *args: Any, **kwargs: Any) -> Any:
    raise TypeError("a method of a class that only stands for one that its library makes")
