"""Random bytes of a run: a function of its recorded seed, the same on every replay."""

from __future__ import annotations

import os

from durable.runner import context

_urandom, _getrandom = os.urandom, os.getrandom


def urandom(size: int, /) -> bytes:
    """Return `size` random bytes; a run's come from its recorded seed."""
    run = context.current()
    if run is None or not isinstance(size, int) or size < 0:
        return _urandom(size)
    return run.entropy(size)


def getrandom(size: int, flags: int = 0) -> bytes:
    """Return `size` random bytes; a run's come from its recorded seed."""
    run = context.current()
    if run is None or not isinstance(size, int) or size < 0:
        return _getrandom(size, flags)
    return run.entropy(size)
