"""The tracker of semaphores and shared memory has nothing to do in a run: its are memory, which goes with it."""

from __future__ import annotations

import multiprocessing.resource_tracker as _real
from typing import Any

from durable.stdlib_shims._strands import Choice


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _nothing(*args: Any) -> None:
    pass


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    module: Any = _real
    for name in ("ensure_running", "register", "unregister", "getfd"):
        real = getattr(module, name)
        if not isinstance(real, Choice):
            setattr(module, name, Choice(_nothing, real))
