"""Paths in a run: the real classes, which look up `io.open` and the functions of `os` when they are called."""

from __future__ import annotations

import pathlib as _real
from typing import Any

from durable.stdlib_shims import io as _io
from durable.stdlib_shims import os as _os
from durable.stdlib_shims._inline import mark

_INLINE = (
    "open iterdir glob rglob touch mkdir rmdir unlink rename replace symlink_to hardlink_to link_to chmod lchmod "
    "write_text write_bytes"
).split()
"""What gives no plain value, and what changes the world: the leaves know how to see whether it happened."""


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real module serve runs."""
    _os.install()
    _io.install()
    mark(_real.Path, tuple(_INLINE))
