"""Starting a child in a fresh interpreter is refused in a run."""

from __future__ import annotations

import multiprocessing.popen_spawn_posix as _real
from typing import Any

from durable.stdlib_shims._refused import refused


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    popen: Any = _real.Popen
    if not hasattr(popen._launch, "__wrapped__"):
        popen._launch = refused(popen._launch, f"multiprocessing with the start method {popen.method}")
