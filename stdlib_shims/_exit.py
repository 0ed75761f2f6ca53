"""What the interpreter does when the main module has ended: in its order, for the shims that the program uses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_STEPS = (
    ("durable.stdlib_shims.threading", "join_threads"),
    ("durable.stdlib_shims.atexit", "run_exit_callbacks"),
    ("durable.stdlib_shims.builtins", "close_files"),
)


def finish(run: Any) -> None:
    """Wait for `run`'s threads, call its exit callbacks, close its files."""
    for module_name, function in _STEPS:
        module = sys.modules.get(module_name)
        step: Callable[[Any], None] | None = getattr(module, function, None)
        if step is not None:
            step(run)
