"""`sys` in a run: its streams, arguments and path are the run's own while it executes, so nothing else is needed."""

from __future__ import annotations

import sys as _real
from typing import Any


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)
