"""Waiting for what another process does."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 90.0


def until(condition: Callable[[], Any], what: str) -> Any:
    """Return the first true value of `condition()`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {PATIENCE} s")
