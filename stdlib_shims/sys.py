"""`sys` in a run: its streams, arguments and path are the run's own while it executes; those who watch are refused."""

from __future__ import annotations

import sys as _real
from typing import Any

from durable.stdlib_shims._refused import refuse_all, refused_unless_none


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    for name in ("settrace", "setprofile"):
        setattr(module, name, refused_unless_none(getattr(module, name), f"sys.{name}"))
    refuse_all(module, ("addaudithook",))
