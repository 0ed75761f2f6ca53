"""Classes that a function of the program has made: named by their order among the living of the same name.

A record is read at the moment of the program at which it was written, so the same classes are within reach then. The
others of that name are garbage, which may or may not have been collected yet; it is, before any are counted.
"""

from __future__ import annotations

import gc
import re

_NAME = re.compile(r"(.+)#(\d+)/(\d+)")


def is_local(cls: object) -> bool:
    """Say whether `cls` is a class that a function has made."""
    return isinstance(cls, type) and "<locals>" in cls.__qualname__


def ordinal(cls: type) -> str:
    """Return what stands behind the name of `cls` in a record: "#0/1" for the first and only one."""
    if len(_living(cls.__module__, cls.__qualname__)) > 1:
        gc.collect()
    living = _living(cls.__module__, cls.__qualname__)
    at = next(at for at, one in enumerate(living) if one is cls)
    return f"#{at}/{len(living)}"


def split(name: str) -> tuple[str, int, int] | None:
    """Return (qualified name, place, count) of a name with an ordinal, None for any other name."""
    found = _NAME.fullmatch(name)
    return (found[1], int(found[2]), int(found[3])) if found else None


def living_class(module: str, qualname: str, place: int, count: int) -> type | None:
    """Return the class that had this ordinal; None if there are not `count` of them now."""
    if len(_living(module, qualname)) != count:
        gc.collect()
    living = _living(module, qualname)
    return living[place] if len(living) == count and place < count else None


def _living(module: str, qualname: str) -> list[type]:
    """Return the classes of that name in the order in which they were made."""
    found: list[type] = []
    seen: set[type] = {object}
    waiting: list[type] = [object]
    while waiting:
        subclasses: list[type] = type.__subclasses__(waiting.pop())
        for sub in subclasses:
            if sub not in seen:
                seen.add(sub)
                waiting.append(sub)
                if sub.__qualname__ == qualname and sub.__module__ == module:
                    found.append(sub)
    return found
