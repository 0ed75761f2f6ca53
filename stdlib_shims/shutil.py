"""Copying and removing in a run: one step each, and where the world can tell whether it happened it is looked at."""

from __future__ import annotations

import functools
import inspect
import os
import shutil as _real
from typing import Any

from durable.runner import context
from durable.runner.core.call import UNKNOWN, Settled
from durable.stdlib_shims._inline import mark
from durable.stdlib_shims._leaf import MakeProbe, callbacks, leaf
from durable.stdlib_shims._probes import Removed, Renamed, place, repeat

_real_rmtree = _real.rmtree
_real_copytree = _real.copytree


def removed(path: Any, *args: Any, **kwargs: Any) -> Removed:
    """Return the probe of a tree's removal."""
    return Removed(place(path, kwargs.get("dir_fd")))


def _moved(src: Any, dst: Any, *args: Any, **kwargs: Any) -> Renamed:
    return Renamed(place(src), place(dst))


_LEAVES: dict[str, tuple[str, MakeProbe | None]] = {
    "copyfile": ("write", repeat),
    "copymode": ("write", repeat),
    "copystat": ("write", repeat),
    "copy": ("write", repeat),
    "copy2": ("write", repeat),
    "move": ("write", _moved),
    "rmtree": ("write", removed),
    "make_archive": ("write", repeat),
    "unpack_archive": ("write", repeat),
    "chown": ("write", repeat),
    "disk_usage": ("read", None),
    "which": ("read", None),
    "get_terminal_size": ("read", None),
}


class _Partial:
    """Whether a tree was being copied to where nothing was: what stands there now is a part of the copy."""

    def __init__(self, target: Any) -> None:
        self._path = place(target)
        self.is_there = False

    def note(self) -> Any:
        return os.path.lexists(self._path)

    def settle(self, note: Any) -> Settled:
        self.is_there = note is False and os.path.lexists(self._path)
        return UNKNOWN


@functools.wraps(_real_copytree)
def _copytree(src: Any, dst: Any, *args: Any, **kwargs: Any) -> Any:
    run = context.current()
    if run is None:
        return _real_copytree(src, dst, *args, **kwargs)
    partial = _Partial(dst)

    def copy(src: Any, dst: Any, *args: Any, **kwargs: Any) -> Any:
        if not partial.is_there:
            return _real_copytree(src, dst, *args, **kwargs)
        with context.mending():
            _remove_links(dst)
        given = inspect.signature(_real_copytree).bind(src, dst, *args, **kwargs).arguments
        return _real_copytree(**{**given, "dirs_exist_ok": True})

    roots = callbacks(run, args, kwargs)
    step = functools.partial(run.step, copy, src, dst, *args, **kwargs)
    return step(effect="write", callee="shutil.copytree", probe=partial, roots=roots)


def _remove_links(folder: Any) -> None:
    """Remove the symbolic links in a part of a copy: unlike files, they are not made a second time."""
    for here, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(here, name)
            if os.path.islink(path):
                os.unlink(path)


_functions = {
    name: leaf(getattr(_real, name), effect, f"shutil.{name}", probe) for name, (effect, probe) in _LEAVES.items()
}
_functions["copytree"] = _copytree


def __getattr__(name: str) -> Any:
    return _functions[name] if name in _functions else getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    if module.rmtree is not _real_rmtree:
        return
    for name, function in _functions.items():
        setattr(module, name, function)
    module.rmtree.avoids_symlink_attacks = _real_rmtree.avoids_symlink_attacks
    mark(module, ("copyfileobj",))
