"""The start method: each run chooses its own, and each of its processes after that."""

from __future__ import annotations

import multiprocessing.context as _real
from typing import Any

from durable.runner.run import Run


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def prepare(run: Run) -> None:
    """Let `run` begin with the platform's method."""
    module: Any = _real
    run.cells.add(module._default_context, "_actual_context", None)


def install() -> None:
    """Make the real module serve runs."""
