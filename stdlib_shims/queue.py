"""Queues between strands: the real `queue` module over the locks of the `threading` shim.

`Queue`, `LifoQueue` and `PriorityQueue` are the real classes, whose locks are strand-aware when they are made in a run.
`SimpleQueue`, which is C, is replaced within a run by a class that `isinstance` takes for it.
"""

from __future__ import annotations

import inspect
import queue as _real
import types
from collections import deque
from typing import Any

from durable.runner import context
from durable.stdlib_shims import threading as _threading
from durable.stdlib_shims._sync import Turn, give_turn, wait_turn

_RealSimpleQueue: Any = _real.SimpleQueue


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


class _SimpleQueueType(type):
    """Makes a real queue when called outside a run, and counts real queues as instances."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if context.current() is None and cls is SimpleQueue:
            return _RealSimpleQueue(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def __instancecheck__(cls, instance: object) -> bool:
        return super().__instancecheck__(instance) or (cls is SimpleQueue and isinstance(instance, _RealSimpleQueue))


class SimpleQueue(metaclass=_SimpleQueueType):
    """Simple, unbounded, reentrant FIFO queue."""

    __class_getitem__: Any = classmethod(types.GenericAlias)

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._turns: deque[Turn] = deque()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if not give_turn(self._turns, item):
            self._items.append(item)

    def put_nowait(self, item: Any) -> None:
        self.put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if block and timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        if self._items:
            return self._items.popleft()
        if not block or timeout == 0:
            raise _real.Empty
        run = context.current()
        if run is None:
            raise RuntimeError("a step waits for a queue of the program; wait for it outside of steps")
        turn = wait_turn(run, self._turns, timeout, self._put_back)
        if not turn.given:
            raise _real.Empty
        return turn.item

    def _put_back(self, turn: Turn) -> None:
        if not give_turn(self._turns, turn.item):
            self._items.appendleft(turn.item)

    def get_nowait(self) -> Any:
        return self.get(False)

    def empty(self) -> bool:
        return not self._items

    def qsize(self) -> int:
        return len(self._items)


SimpleQueue.__module__ = "_queue"
SimpleQueue.__signature__ = inspect.Signature()  # type: ignore[attr-defined]


def install() -> None:
    """Make the real module serve strands; a second call does nothing."""
    _threading.install()
    real: Any = _real
    real.SimpleQueue = SimpleQueue
    real.time = _threading.monotonic
