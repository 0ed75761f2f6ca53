"""Which locks a strand holds, by the names that the program has for them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from durable.runner.core.scheduler import Strand
from durable.runner.inspecting.stacks import Stack, is_program
from durable.runner.run import Run

_AROUND = ("RLock", "Condition", "Semaphore", "BoundedSemaphore")


def names_of_locks(run: Run, stacks: Iterable[Stack]) -> dict[int, str]:
    """Return the names of objects that the program's frames see: variables, and attributes one level below them."""
    found: dict[int, str] = {}
    for stack in stacks:
        for spot in stack.spots:
            if is_program(spot, run):
                for name, value in {**spot.frame.f_globals, **spot.frame.f_locals}.items():
                    found.setdefault(id(value), name)
                    for attribute, part in _attributes(value):
                        found.setdefault(id(part), f"{name}.{attribute}")
    return found


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    try:
        inside: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return
    if isinstance(inside, dict) and not isinstance(value, type):
        yield from (item for item in inside.items() if not str(item[0]).startswith("_tstate"))


def held_locks(strand: Strand, names: dict[int, str]) -> tuple[str, ...]:
    """Return the names of the locks that `strand` holds; those that the program has no name for are left out."""
    sync: Any = sys.modules.get("durable.stdlib_shims._sync")
    if sync is None:
        return ()
    locks = [item for item in gc.get_objects() if type(item) is sync.Lock and item._locked and item._holder is strand]
    return tuple(sorted({name for lock in locks if (name := _name_of(lock, names))}))


def _name_of(lock: Any, names: dict[int, str], depth: int = 2) -> str:
    if id(lock) in names:
        return names[id(lock)]
    for owner in gc.get_referrers(lock) if depth else ():
        around = owner if type(owner).__name__ in _AROUND else _owner_of(owner)
        found = _name_of(around, names, depth - 1) if around is not None else ""
        if found:
            return found
    return ""


def _owner_of(inside: Any) -> Any:
    """Return the synchronisation object whose attributes `inside` is, None for any other dictionary."""
    if not isinstance(inside, dict):
        return None
    owners = [item for item in gc.get_referrers(inside) if type(item).__name__ in _AROUND]
    return owners[0] if owners else None
