"""The environment of a run: a private copy, made from the process's when the run first looks.

`os.environ` stays the one object that everybody holds. Its dictionary depends on who asks: a run's strands and steps
get the run's own, everybody else the process's, so runs that share a process do not see each other's changes, and a
replay begins with what the run began with. It is never recorded (promise 12). Changes also reach the C library's
environment, for what reads that: a child started by a library, a time zone. Code
in a step finds the step's idempotency key there; plain Python has no such variable, nor have the run's strands.
"""

from __future__ import annotations

import os as _real
from collections.abc import Mapping
from typing import Any

from durable.runner import context
from durable.runner.run import Run

_OWN_PREFIX = b"DURABLE_"
_KEY = ("DURABLE_IDEMPOTENCY_KEY", b"DURABLE_IDEMPOTENCY_KEY")
_HASH_SEED_IS_OWN = b"DURABLE_HASHSEED_SET"


class _Environ(_real._Environ):  # type: ignore[type-arg]
    """`os.environ` and `os.environb` with a dictionary of each run's own."""

    @property
    def _data(self) -> Any:
        run = context.performing()
        outer = self.__dict__["_data"]
        return outer if run is None else run.local("os.environ", lambda: _without_own(outer))

    def __getitem__(self, name: Any) -> Any:
        if name in _KEY and (key := context.key()):
            return key if isinstance(name, str) else key.encode()
        return super().__getitem__(name)


_Environ.__module__ = "os"
_Environ.__qualname__ = "_Environ"


def _without_own(data: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Return the environment as the program would have it in plain Python: without what durable put there."""
    found = {key: value for key, value in data.items() if not key.startswith(_OWN_PREFIX)}
    if _HASH_SEED_IS_OWN in data:
        found.pop(b"PYTHONHASHSEED", None)
    return found


def copied(run: Run) -> dict[bytes, bytes]:
    """Return a copy of the environment of `run` for a process that it forks."""
    environ: Any = _real.environ
    return dict(environ._data)


def install() -> None:
    """Give the process's environment objects a dictionary for each run."""
    for environ in (_real.environ, _real.environb):
        environ.__class__ = _Environ
