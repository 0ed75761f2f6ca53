"""Starting a child afresh: it begins with nothing, imports the main module as `__mp_main__` and is sent its work."""

from __future__ import annotations

import multiprocessing.popen_spawn_posix as _real
from typing import Any

from durable.stdlib_shims import _spawning


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    _spawning.install(_real.Popen)
