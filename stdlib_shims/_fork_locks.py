"""How the locks and the values of threads look in a child process: as they are, with nobody who waits."""

from __future__ import annotations

from collections import deque
from typing import Any

from durable.stdlib_shims import _fork_copy, _locals, _sync, queue
from durable.stdlib_shims._fork_copy import Copier


def _lock(copier: Copier, lock: _sync.Lock) -> _sync.Lock:
    if lock._run is None:
        return lock
    copied = _sync.Lock()
    copied._locked = lock._locked
    return copied


def _rlock(copier: Copier, lock: _sync.RLock) -> _sync.RLock:
    if lock._run is None:
        return lock
    copied = _sync.RLock()
    copied._block._locked = lock._block._locked
    copied._owner, copied._count = lock._owner, lock._count
    return copied


def _simple_queue(copier: Copier, value: queue.SimpleQueue) -> queue.SimpleQueue:
    copied = type(value).__new__(type(value))
    copied._items, copied._turns = copier.copy(value._items), deque()
    return copied


def _local(copier: Copier, value: _locals.local) -> Any:
    storage = object.__getattribute__(value, "_durable_storage")
    copied = object.__new__(type(value))
    found, _ = storage.here()
    object.__setattr__(copied, "_durable_storage", storage.for_child(copier.copy(found)))
    return copied


_fork_copy.HANDLERS[_sync.Lock] = _lock
_fork_copy.HANDLERS[_sync.RLock] = _rlock
_fork_copy.HANDLERS[queue.SimpleQueue] = _simple_queue
_fork_copy.HANDLERS[_locals.local] = _local
