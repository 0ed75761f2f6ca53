"""Locks between the processes of a run: the real classes over semaphores of the run."""

from __future__ import annotations

import multiprocessing.synchronize as _real
import types
from typing import Any

from durable.runner import context
from durable.stdlib_shims import _run_semaphores
from durable.stdlib_shims._strands import Choice

_c: Any = _real._multiprocessing  # type: ignore[attr-defined]


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _make_name() -> str:
    run = context.current()
    assert run is not None
    count = run.local("multiprocessing.names", lambda: [0])
    count[0] += 1
    return f"/mp-{count[0]}"


class _SemLocks:
    """Stands for the type `_multiprocessing.SemLock`."""

    SEM_VALUE_MAX = _c.SemLock.SEM_VALUE_MAX

    def __call__(self, *args: Any) -> Any:
        return (_c.SemLock if context.current() is None else _run_semaphores.SemLock)(*args)

    def _rebuild(self, *args: Any) -> Any:
        return (_c.SemLock if context.current() is None else _run_semaphores.SemLock)._rebuild(*args)


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    module: Any = _real
    if isinstance(module._multiprocessing, types.SimpleNamespace):
        return
    module._multiprocessing = types.SimpleNamespace(**{**vars(_c), "SemLock": _SemLocks()})
    module.sem_unlink = Choice(lambda name: None, module.sem_unlink)
    module.SemLock._make_name = staticmethod(Choice(_make_name, module.SemLock._make_name))
