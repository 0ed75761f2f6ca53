"""State and members of an object, set without running code of its class but `__setstate__`."""

from __future__ import annotations

import types
from typing import Any


def set_state(value: Any, state: Any) -> None:
    """Give `value` its pickled state, by the rules of PEP 307."""
    setter = getattr(type(value), "__setstate__", None)  # its own `__getattr__` may need what it lacks as yet
    if setter is not None:
        setter(value, state)
        return
    slots = None
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state
    if state:
        value.__dict__.update(state)
    for key, item in (slots or {}).items():
        set_member(value, key, item)


def set_member(value: Any, name: str, item: Any) -> bool:
    """Set a slot or a C member of `value`, without running a property or `__setattr__`; say whether there was one."""
    for cls in type(value).__mro__:
        member = vars(cls).get(name)
        if isinstance(member, types.MemberDescriptorType | types.GetSetDescriptorType):
            try:
                member.__set__(value, item)
            except (AttributeError, TypeError, ValueError):
                return False
            return True
    return False
