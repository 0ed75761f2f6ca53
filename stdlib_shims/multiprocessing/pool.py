"""Pools: the real classes. One that goes with a run that was dropped goes in silence."""

from __future__ import annotations

import functools
import multiprocessing.pool as _real
from typing import Any

from durable.runner import context
from durable.stdlib_shims._files import is_collecting
from durable.stdlib_shims.queue import SimpleQueue

_Pool: Any = _real.Pool
_delete = _Pool.__del__


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


@functools.wraps(_delete)
def _deleted(self: Any, *args: Any, **kwargs: Any) -> None:
    is_of_run = type(getattr(self, "_taskqueue", None)) is SimpleQueue
    if not is_of_run or (context.current() is not None and not is_collecting()):
        _delete(self, *args, **kwargs)


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    if _Pool.__del__ is not _deleted:
        _Pool.__del__ = _deleted
