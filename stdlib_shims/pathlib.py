"""Paths in a run: the real classes, which look up `io.open` and the functions of `os` when they are called."""

from __future__ import annotations

import pathlib as _real
from typing import Any

from durable.stdlib_shims import io as _io
from durable.stdlib_shims import os as _os


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real module serve runs."""
    _os.install()
    _io.install()
