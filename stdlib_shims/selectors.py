"""Selectors of a run: the real classes over the `select` shim."""

from __future__ import annotations

import selectors as _real
from typing import Any

from durable.stdlib_shims import select as _select
from durable.stdlib_shims._inline import mark

_CLASSES = ("BaseSelector", "SelectSelector", "PollSelector", "EpollSelector")


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    real: Any = _real
    _select.install()
    real.SelectSelector._select = staticmethod(_select.select)
    real.PollSelector._selector_cls = staticmethod(_select.poll)
    real.EpollSelector._selector_cls = _select.epoll
    mark(real, _CLASSES)
