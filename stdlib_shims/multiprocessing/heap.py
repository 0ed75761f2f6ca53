"""Shared memory of a run's processes: memory of the process that the run is in, which a replay fills again."""

from __future__ import annotations

import multiprocessing.heap as _real
import sys
from typing import Any

from durable.runner import context
from durable.stdlib_shims._leaf import stand_for

_Wrapper: Any = _real.BufferWrapper
_init, _view = _Wrapper.__init__, _Wrapper.create_memoryview


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _initialised(self: Any, size: int) -> None:
    if context.current() is None:
        _init(self, size)
        return
    if size < 0:
        raise ValueError(f"Size {size:n} out of range")
    if sys.maxsize <= size:
        raise OverflowError(f"Size {size:n} too large")
    self._durable_memory = bytearray(max(size, 1))
    self._state = (None, size)


def _viewed(self: Any) -> memoryview:
    memory = getattr(self, "_durable_memory", None)
    if memory is None:
        found: memoryview = _view(self)
        return found
    return memoryview(memory)[: self._state[1]]


def _reduced(self: Any, protocol: Any) -> Any:
    memory = getattr(self, "_durable_memory", None)
    run = context.current()
    if memory is None or run is None:
        return object.__reduce_ex__(self, protocol)
    sent: dict[int, bytearray] = run.local("multiprocessing.memory", dict)
    number = next((number for number, one in sent.items() if one is memory), len(sent))
    sent[number] = memory
    return _rebuilt, (number, self._state)


def _rebuilt(number: int, state: Any) -> Any:
    run = context.current()
    assert run is not None
    made = _Wrapper.__new__(_Wrapper)
    sent: dict[int, bytearray] = run.local("multiprocessing.memory", dict)
    made._durable_memory, made._state = sent[number], state
    return made


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    if _Wrapper.__init__ is _initialised:
        return
    for ours, real in ((_initialised, _init), (_viewed, _view)):
        stand_for(ours, real)
    _Wrapper.__init__, _Wrapper.create_memoryview = _initialised, _viewed
    _Wrapper.__reduce_ex__ = _reduced
