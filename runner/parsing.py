"""One syntax tree at a time: CPython 3.11 counts the depth of a tree that it makes in one place for all threads.

Where the collector lets another thread parse meanwhile, both may get "SystemError: AST constructor recursion depth
mismatch", and the SDK's threads parse whenever a traceback is formatted.
"""

from __future__ import annotations

import ast
import functools
import threading
import types
from typing import Any

from durable.runner.codec import frames

_lock = threading.RLock()
_parse = ast.parse


@functools.wraps(_parse)
def parse(*args: Any, **kwargs: Any) -> Any:
    with _lock:
        try:
            return _parse(*args, **kwargs)
        except SystemError:  # what the collector called in between has parsed in this thread
            return _parse(*args, **kwargs)


def _code(function: Any) -> types.CodeType:
    code: types.CodeType = function.__code__
    return code


def install() -> None:
    """Have this process's threads parse one after the other."""
    frames.hide(_code(parse))
    ast.parse = parse
