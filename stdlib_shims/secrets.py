"""Secrets of a run: the real module, whose generator draws from the run's entropy (see `random` and `os`)."""

from __future__ import annotations

import secrets as _real
from typing import Any

from durable.stdlib_shims import random as _random


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real module serve runs."""
    _random.install()
