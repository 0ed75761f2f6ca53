"""What made a bundle: versions for its manifest."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version


def created_with() -> dict[str, str]:
    """The versions of the compiler and of what it stands on; `-` for what is not installed."""
    return {"python": platform.python_version(), **{name: _version(name) for name in ("durable", "libcst", "ty")}}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "-"
