"""Starting a child from a server of forks: in a run it begins afresh, as one does that is spawned."""

from __future__ import annotations

import multiprocessing.popen_forkserver as _real
from typing import Any

from durable.stdlib_shims import _spawning


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    _spawning.install(_real.Popen)
