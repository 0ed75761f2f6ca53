"""Identifiers of a run: `uuid4` draws from the run's entropy by `os.urandom`, `uuid1` from the recorded clock.

`uuid1` is the real function. What it asks the system for is recorded, what it keeps in a global is each run's own.
"""

from __future__ import annotations

import uuid as _real
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import time as _clock
from durable.stdlib_shims._leaf import constant

getnode = constant(_real.getnode, "uuid.getnode")


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _recorded(real: Callable[[], tuple[bytes, int | None]]) -> Callable[[], tuple[bytes, int | None]]:
    """Return the system's generator of time-based identifiers, whose results are values of the moment."""

    def generate_time_safe() -> tuple[bytes, int | None]:
        run = context.current()
        if run is None:
            return real()
        text, safety = run.ambient("uuid.uuid1", lambda: _as_json(*real()))
        return bytes.fromhex(text), safety

    return generate_time_safe


def _as_json(identifier: bytes, safety: int | None) -> list[Any]:
    return [identifier.hex(), safety]


def prepare(run: Run) -> None:
    """Let `uuid1` remember the run's own last time stamp."""
    run.cells.add(_real, "_last_timestamp", None)


def install() -> None:
    """Make the real module serve runs."""
    _clock.install()
    module: Any = _real
    module.getnode = getnode
    if module._generate_time_safe is not None:
        module._generate_time_safe = _recorded(module._generate_time_safe)
