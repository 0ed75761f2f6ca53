"""Whether a step executes code of the program, which then must find the memory of its own process."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from durable.runner.core.call import Call


def needs_memory(call: Call, is_program: Callable[[str], bool]) -> bool:
    """Say whether `call` is given a function, a method or an object of the program."""
    return any(_is_of_program(item, is_program) for item in (call.fn, *call.args, *call.kwargs.values()))


def _is_of_program(item: Any, is_program: Callable[[str], bool]) -> bool:
    while isinstance(item, functools.partial):
        item = item.func
    if isinstance(item, types.MethodType):
        return _is_of_program(item.__func__, is_program) or _is_of_program(item.__self__, is_program)
    if isinstance(item, types.FunctionType | type):
        return is_program(item.__module__ or "")
    return is_program(type(item).__module__)
