"""Where a step stands: from the program's frame to the site that the compiler named, or to a new one made at run
time.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

from durable.runner.core.call import PLAIN, Policy, Site
from durable.runner.standing import Standing

_Span = tuple[str, tuple[int, int, int, int]]


class Sites:
    """The sites of one bundle. `files` are the original files of the program's modules (absolute)."""

    def __init__(
        self,
        files: Iterable[str],
        steps: Iterable[tuple[Site, int, int]],
        policy_of: Callable[[str], Policy] = lambda callee: PLAIN,
    ) -> None:
        """`steps` are the compiler's sites, each with the 1-based line and column of its reference's end.

        `policy_of(callee)` is the policy of a step that the compiler did not foresee.
        """
        self._policy_of = policy_of
        self.files = frozenset(files)
        self._spans: dict[_Span, Site] = {}
        self._starts: dict[tuple[str, int, int, str], Site] = {}
        for site, end_line, end_column in steps:
            self._spans[site.file, (site.line, site.column, end_line, end_column)] = site
            self._starts[site.file, site.line, site.column, site.callee] = site
        self._at: dict[tuple[types.CodeType, int, str], Site] = {}

    def static(self, frame: types.FrameType, fn: Any, effect: str) -> Site:
        """Return the site of the wrapped reference to `fn` that `frame` is evaluating."""
        key = (frame.f_code, frame.f_lasti, "")
        site = self._at.get(key)
        if site is None:
            known = self._spans.get((frame.f_code.co_filename, position(frame)))
            site = self._at[key] = known or self._made(frame, name_of(fn), effect)
        return site

    def dynamic(self, frame: types.FrameType | None, callee: str, effect: str) -> Site:
        """Return a site for a step made by a shim: the innermost frame of the program at or above `frame`."""
        while frame is not None and frame.f_code.co_filename not in self.files:
            frame = frame.f_back
        if frame is None:
            return Site(callee, callee, effect, "", 0, 0, "")
        key = (frame.f_code, frame.f_lasti, callee)
        site = self._at.get(key)
        if site is None:
            line, column, _, _ = position(frame)
            known = self._starts.get((frame.f_code.co_filename, line, column, callee))
            site = self._at[key] = known or self._made(frame, callee, effect)
        return site

    def is_replaced(self, fn: Any, site: Site) -> bool:
        """Say whether the program has put `fn`, a callable or a mock of its own, where a library's was meant."""
        if not self._is_programs(fn):
            return False
        top, dot, _ = site.callee.partition(".")
        is_library = dot and top in sys.modules and getattr(sys.modules[top], "__file__", None) not in self.files
        return bool(is_library) or not site.is_said

    def _is_programs(self, fn: Any) -> bool:
        inner = getattr(fn, "__func__", fn)
        if isinstance(inner, types.FunctionType):
            mocked = vars(inner).get("mock")  # of `autospec`
            return inner.__code__.co_filename in self.files or type(mocked).__module__ == "unittest.mock"
        if isinstance(inner, type | types.BuiltinFunctionType | Standing):
            return False
        if type(inner).__module__ == "unittest.mock":
            return True
        call = type(inner).__call__ if callable(inner) else None
        return isinstance(call, types.FunctionType) and call.__code__.co_filename in self.files

    def _made(self, frame: types.FrameType, callee: str, effect: str) -> Site:
        """Return a site that the compiler did not foresee."""
        line, column, _, _ = position(frame)
        function = frame.f_code.co_qualname.replace(".<locals>", "")
        place = (frame.f_code.co_filename, line, column, function)
        return Site(f"{function}/{callee}", callee, effect, *place, self._policy_of(callee))


def position(frame: types.FrameType) -> tuple[int, int, int, int]:
    """Return the span that `frame` is executing, in the original file: 1-based line and column, and those of its
    end.
    """
    index = frame.f_lasti // 2
    for at, (line, end_line, column, end_column) in enumerate(frame.f_code.co_positions()):
        if at == index and line is not None:
            return line, (column or 0) + 1, end_line or line, (end_column or 0) + 1
    return frame.f_lineno, 1, frame.f_lineno, 1


def name_of(fn: Any) -> str:
    """Return the dotted public name of a callable, for people ("requests.get")."""
    owner = getattr(fn, "__self__", None)
    qualname = getattr(fn, "__qualname__", None) or type(fn).__qualname__
    if owner is not None and not isinstance(owner, types.ModuleType | type):
        cls = type(owner)
        return f"{cls.__module__}.{cls.__qualname__}.{getattr(fn, '__name__', '?')}".removeprefix("builtins.")
    module = getattr(fn, "__module__", None) or type(fn).__module__
    return f"{module}.{qualname}".removeprefix("builtins.")
