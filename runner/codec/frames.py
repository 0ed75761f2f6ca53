"""Traceback frames to plain tuples and back to a real traceback that prints as the original did.

A frame is made again by compiling a call whose syntax tree carries the recorded file name and position, so that the
lines, the names and the ^^^^ marks under them are Python's own.
"""

from __future__ import annotations

import ast
import functools
import os
import types
from typing import Any, NamedTuple

_OWN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Frame(NamedTuple):
    """One frame: `line` and the columns as in `types.CodeType.co_positions` (1-based line, 0-based UTF-8 columns)."""

    file: str
    name: str
    line: int
    end_line: int
    column: int
    end_column: int


@functools.lru_cache(maxsize=4096)
def is_own(filename: str) -> bool:
    """Say whether a code object's file is durable's own machinery, which tracebacks do not show."""
    import durable

    home = os.path.dirname(os.path.abspath(durable.__file__))
    real = os.path.realpath(filename)
    tops = (home, *(os.path.join(_OWN, part) for part in ("runner", "transpiler", "stdlib_shims")))
    return filename.startswith(home + os.sep) or any(real.startswith(top + os.sep) for top in tops)


def frames_of(traceback: types.TracebackType | None) -> list[Frame]:
    """Return the frames of `traceback`, outermost first, without durable's own."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not is_own(code.co_filename):
            frames.append(_frame(code, traceback.tb_lasti, traceback.tb_lineno))
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
    return Frame(
        code.co_filename,
        code.co_name,
        line,
        end if end is not None and start == line else line,
        -1 if column is None else column,
        -1 if end_column is None else end_column,
    )


class _Rewound(Exception):
    """Unwinds the frames that are made again."""


def traceback_of(frames: list[Frame]) -> types.TracebackType | None:
    """Return a traceback with `frames`, outermost first."""

    def innermost() -> None:
        raise _Rewound

    call: Any = innermost
    for frame in reversed(frames):
        call = _calling(frame, call)
    try:
        call()
    except _Rewound as rewound:
        traceback = rewound.__traceback__
    assert traceback is not None
    return _own_cut(traceback.tb_next)


def _own_cut(traceback: types.TracebackType | None) -> types.TracebackType | None:
    """Return `traceback` without the frames of this file."""
    if traceback is None:
        return None
    rest = _own_cut(traceback.tb_next)
    if traceback.tb_frame.f_code.co_filename == __file__:
        return rest
    return types.TracebackType(rest, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)


def _calling(frame: Frame, inner: Any) -> Any:
    code = _code(frame)
    return types.FunctionType(code, {"__builtins__": {}, "inner": inner, "__name__": frame.name})


@functools.lru_cache(maxsize=1024)
def _code(frame: Frame) -> types.CodeType:
    has_columns = frame.column >= 0 and frame.end_column >= 0
    place = {
        "lineno": frame.line,
        "end_lineno": max(frame.line, frame.end_line),
        "col_offset": frame.column if has_columns else 0,
        "end_col_offset": frame.end_column if has_columns else 0,
    }
    call = ast.Expr(ast.Call(ast.Name("inner", ast.Load(), **place), [], [], **place), **place)
    module = ast.Module([call], [])
    code = compile(module, frame.file, "exec")
    return code.replace(co_name=frame.name, co_qualname=frame.name)
