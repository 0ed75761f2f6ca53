"""Traceback frames to plain tuples and back to a real traceback that prints as the original did.

A frame is made again by compiling a call whose syntax tree carries the recorded file name and position, so that the
lines, the names and the ^^^^ marks under them are Python's own.
"""

from __future__ import annotations

import ast
import functools
import os
import types
from typing import NamedTuple

from durable.runner import context

_OWN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


_HIDDEN: set[types.CodeType] = set()


class Frame(NamedTuple):
    """One frame, placed as in `types.CodeType.co_positions`: 1-based line, 0-based UTF-8 columns, -1 if not known."""

    file: str
    name: str
    line: int
    end_line: int
    column: int
    end_column: int


@functools.lru_cache(maxsize=4096)
def is_own(filename: str) -> bool:
    """Say whether a code object's file is durable's own machinery, which tracebacks do not show."""
    return context.unrecorded(_is_own, filename)  # resolving a path is a step of the program's otherwise


def is_own_code(code: types.CodeType) -> bool:
    """Say whether code is durable's own machinery, what stands for the import system's among it."""
    return code in _HIDDEN or is_own(code.co_filename)


def hide(code: types.CodeType) -> None:
    """Leave the frames of `code` out of tracebacks, whatever file it says that it comes from."""
    _HIDDEN.add(code)


def _is_own(filename: str) -> bool:
    import durable

    home = os.path.dirname(os.path.abspath(durable.__file__))
    real = os.path.realpath(filename)
    tops = (home, *(os.path.join(_OWN, part) for part in ("runner", "transpiler", "stdlib_shims")))
    return filename.startswith(home + os.sep) or any(real.startswith(top + os.sep) for top in tops)


def without_own(tb: types.TracebackType | None) -> types.TracebackType | None:
    """Return traceback `tb` without the frames of durable itself."""
    kept: list[types.TracebackType] = []
    while tb is not None:
        if not is_own_code(tb.tb_frame.f_code):
            kept.append(tb)
        tb = tb.tb_next
    rest: types.TracebackType | None = None
    for link in reversed(kept):
        rest = link if link.tb_next is rest else types.TracebackType(rest, link.tb_frame, link.tb_lasti, link.tb_lineno)
    return rest


def frames_of(traceback: types.TracebackType | None) -> list[Frame]:
    """Return the frames of `traceback`, outermost first, without durable's own."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not is_own_code(code):
            frames.append(_frame(code, traceback.tb_lasti, traceback.tb_lineno or 0))
        traceback = traceback.tb_next
    return frames


def _frame(code: types.CodeType, lasti: int, line: int) -> Frame:
    position: tuple[int | None, ...] = (line, line, None, None)
    if lasti >= 0:
        for index, found in enumerate(code.co_positions()):
            if index == lasti // 2:
                position = found
                break
    start, end, column, end_column = position
    if start != line or end is None or column is None or end_column is None:
        return Frame(code.co_filename, code.co_name, line, line, -1, -1)
    return Frame(code.co_filename, code.co_name, line, end, column, end_column)


class _Rewound(Exception):
    """Ends the frames that are made again."""


def traceback_of(frames: list[Frame]) -> types.TracebackType | None:
    """Return a traceback with `frames`, outermost first."""
    traceback = None
    for frame in reversed(frames):
        made = _made(frame)
        traceback = types.TracebackType(traceback, made.tb_frame, made.tb_lasti, frame.line)
    return traceback


def _made(frame: Frame) -> types.TracebackType:
    """Return the traceback entry of a frame that really was at the place `frame`."""
    found = None
    try:
        types.FunctionType(_code(frame), {"__builtins__": {}, "raise_": _raise, "__name__": frame.name})()
    except _Rewound as rewound:
        found = rewound.__traceback__ and rewound.__traceback__.tb_next
    assert found is not None
    return types.TracebackType(None, found.tb_frame, found.tb_lasti, found.tb_lineno)


def _raise() -> None:
    raise _Rewound


@functools.lru_cache(maxsize=1024)
def _code(frame: Frame) -> types.CodeType:
    end_line = max(frame.line, frame.end_line)
    is_placed = frame.column >= 0 and (end_line > frame.line or frame.end_column >= frame.column)
    place = {
        "lineno": max(frame.line, 1),
        "end_lineno": max(end_line, 1) if is_placed else max(frame.line, 1),
        "col_offset": frame.column if is_placed else -1,
        "end_col_offset": frame.end_column if is_placed else -1,
    }
    call = ast.Expr(ast.Call(ast.Name("raise_", ast.Load(), **place), [], [], **place), **place)
    code = compile(ast.Module([call], []), frame.file, "exec")
    return code.replace(co_name=frame.name, co_qualname=frame.name)
