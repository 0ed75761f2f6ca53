"""Tracebacks as plain Python shows them: without durable's own frames, whoever formats them."""

from __future__ import annotations

import sys
import traceback
import types
from collections.abc import Iterator
from typing import Any

from durable.runner.codec.frames import is_own, is_own_code, without_own

_display = sys.__excepthook__


def excepthook(kind: type[BaseException], value: BaseException, tb: types.TracebackType | None, /) -> None:
    """Print an exception to the program's `sys.stderr` as the interpreter does, with its suggestions of names."""
    if isinstance(value, BaseException):
        for each in _chain(value):
            if _has_own(each.__traceback__):
                each.__traceback__ = without_own(each.__traceback__)
    _display(kind, value, tb)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Each exception that is shown with `error`, itself first."""
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        each = todo.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            todo += [each.__cause__, each.__context__]
            todo += each.exceptions if isinstance(each, BaseExceptionGroup) else ()


def _has_own(tb: types.TracebackType | None) -> bool:
    while tb is not None:
        if is_own_code(tb.tb_frame.f_code):
            return True
        tb = tb.tb_next
    return False


def _take_over_hook() -> None:
    """Be the hook of libraries too: the interpreter's own reads the source through `io.open`, which a run records."""
    if sys.__excepthook__ is excepthook:
        return
    sys.excepthook = sys.__excepthook__ = excepthook
    for module in list(sys.modules.values()):
        if module.__name__ != __name__:
            for name in [name for name, value in vars(module).items() if value is _display]:
                setattr(module, name, excepthook)


def install() -> None:
    """Keep durable's own frames out of everything that the `traceback` module formats, in this process."""
    _take_over_hook()
    walk = traceback._walk_tb_with_full_positions  # type: ignore[attr-defined]
    if is_own(walk.__code__.co_filename):
        return

    def walk_tb(tb: types.TracebackType | None) -> Any:
        return (item for item in walk(tb) if not is_own_code(item[0].f_code))

    traceback._walk_tb_with_full_positions = walk_tb  # type: ignore[attr-defined]
    simple_walk = traceback.walk_tb
    stack_walk = traceback.walk_stack
    traceback.walk_tb = lambda tb: (item for item in simple_walk(tb) if not is_own_code(item[0].f_code))
    traceback.walk_stack = lambda f: (
        item for item in stack_walk(f or sys._getframe(1)) if not is_own_code(item[0].f_code)
    )
