"""Where a step stands: from the program's frame to the site that the compiler named, or to a new one made at run time."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any

from durable.runner.core.call import PLAIN, Policy, Site


class Sites:
    """The sites of one bundle. `files` are the original files of the program's modules (absolute)."""

    def __init__(self, files: Iterable[str], steps: Iterable[Site]) -> None:
        self.files = frozenset(files)
        self._static = {(site.file, site.line, site.column): site for site in steps}
        self._at: dict[tuple[types.CodeType, int, str], Site] = {}

    def static(self, frame: types.FrameType, callee: str, effect: str) -> Site:
        """Return the site of the wrapped reference that `frame` is evaluating."""
        key = (frame.f_code, frame.f_lasti, "")
        site = self._at.get(key)
        if site is None:
            site = self._at[key] = self._find(frame, callee, effect)
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
            site = self._at[key] = self._find(frame, callee, effect, is_static=False)
        return site

    def _find(self, frame: types.FrameType, callee: str, effect: str, is_static: bool = True) -> Site:
        line, column = position(frame)
        known = self._static.get((frame.f_code.co_filename, line, column))
        if known is not None and (is_static or known.callee == callee):
            return known
        function = frame.f_code.co_qualname.replace("<module>", "module").replace(".<locals>", "")
        policy: Policy = known.policy if known is not None else PLAIN
        return Site(f"{function}/{callee}", callee, effect, frame.f_code.co_filename, line, column, function, policy)


def position(frame: types.FrameType) -> tuple[int, int]:
    """Return the 1-based line and column at which `frame` is executing, in the original file."""
    index = frame.f_lasti // 2
    for at, found in enumerate(frame.f_code.co_positions()):
        if at == index:
            line, _, column, _ = found
            return line or frame.f_lineno, (column or 0) + 1
    return frame.f_lineno, 1


def name_of(fn: Any) -> str:
    """Return the dotted public name of a callable, for people ("requests.get")."""
    owner = getattr(fn, "__self__", None)
    qualname = getattr(fn, "__qualname__", None) or type(fn).__qualname__
    if owner is not None and not isinstance(owner, types.ModuleType | type):
        cls = type(owner)
        return f"{cls.__module__}.{cls.__qualname__}.{getattr(fn, '__name__', '?')}".removeprefix("builtins.")
    module = getattr(fn, "__module__", None) or type(fn).__module__
    return f"{module}.{qualname}".removeprefix("builtins.")
