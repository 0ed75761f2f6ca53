"""Named shared memory of a run's processes: memory of the process that the run is in, which a replay fills again."""

from __future__ import annotations

import errno
import multiprocessing.shared_memory as _real
import os
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import _fork_copy
from durable.stdlib_shims._leaf import stand_for

_Memory: Any = _real.SharedMemory
_init, _unlink = _Memory.__init__, _Memory.unlink


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _blocks(run: Run) -> dict[str, bytearray]:
    return run.local("multiprocessing.shared_memory", dict)


def _initialised(self: Any, name: str | None = None, create: bool = False, size: int = 0, **options: Any) -> None:
    run = context.current()
    if run is None:
        _init(self, name, create, size, **options)
        return
    if size < 0:
        raise ValueError("'size' must be a positive integer")
    if create and size == 0:
        raise ValueError("'size' must be a positive number different from zero")
    if name is None and not create:
        raise ValueError("'name' can only be None if create=True")
    blocks = _blocks(run)
    if name is None:
        name = f"psm_{run.entropy(4).hex()}"
    name = f"/{name}"
    if create and name in blocks:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
    if create:
        blocks[name] = bytearray(size)
    elif name not in blocks:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    self._name, self._size, self._durable_block = name, len(blocks[name]), blocks[name]
    self._buf = memoryview(blocks[name])


def _unlinked(self: Any) -> None:
    run = context.current()
    if run is None or "_durable_block" not in vars(self):
        _unlink(self)
    elif _blocks(run).pop(self._name, None) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self._name)


def _copied(copier: _fork_copy.Copier, memory: Any) -> Any:
    copied = _Memory.__new__(_Memory)
    vars(copied).update(vars(memory))
    if memory._buf is not None and "_durable_block" in vars(memory):
        copied._buf = memoryview(memory._durable_block)
    return copied


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    if _Memory.__init__ is _initialised:
        return
    for ours, real in ((_initialised, _init), (_unlinked, _unlink)):
        stand_for(ours, real)
    _Memory.__init__, _Memory.unlink = _initialised, _unlinked
    _fork_copy.HANDLERS[_Memory] = _copied
