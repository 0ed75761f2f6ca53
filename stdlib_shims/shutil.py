"""Copying and removing in a run: one step each, and where the world can tell whether it happened it is looked at."""

from __future__ import annotations

import shutil as _real
from typing import Any

from durable.stdlib_shims._inline import mark
from durable.stdlib_shims._leaf import MakeProbe, leaf
from durable.stdlib_shims._probes import Removed, Renamed, place, repeat

_real_rmtree = _real.rmtree


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
    "copytree": ("write", None),
    "move": ("write", _moved),
    "rmtree": ("write", removed),
    "make_archive": ("write", repeat),
    "unpack_archive": ("write", repeat),
    "chown": ("write", repeat),
    "disk_usage": ("read", None),
    "which": ("read", None),
    "get_terminal_size": ("read", None),
}
_functions = {
    name: leaf(getattr(_real, name), effect, f"shutil.{name}", probe) for name, (effect, probe) in _LEAVES.items()
}


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
