"""Identifiers of a run: `uuid4` draws from the run's entropy by `os.urandom`, `uuid1` from the recorded clock."""

from __future__ import annotations

import functools
import uuid as _real
from typing import Any

from durable.runner import context
from durable.stdlib_shims import time as _clock
from durable.stdlib_shims._leaf import constant

_uuid1 = _real.uuid1
_GREGORIAN_TICKS = 0x01B21DD213814000  # 100 ns intervals between the UUID epoch and the Unix epoch (RFC 4122)

getnode = constant(_real.getnode, "uuid.getnode")


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


@functools.wraps(_uuid1)
def uuid1(node: int | None = None, clock_seq: int | None = None) -> _real.UUID:
    run = context.current()
    if run is None:
        return _uuid1(node, clock_seq)
    used = run.local("uuid.uuid1", lambda: {"last": 0})
    ticks = _clock.time_ns() // 100 + _GREGORIAN_TICKS
    used["last"] = ticks = max(ticks, used["last"] + 1)
    if clock_seq is None:
        clock_seq = int.from_bytes(run.entropy(2), "big") & 0x3FFF
    low, middle, high = ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF
    variant = clock_seq >> 8 & 0x3F
    fields = (low, middle, high, variant, clock_seq & 0xFF, getnode() if node is None else node)
    return _real.UUID(fields=fields, version=1)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    module.getnode = getnode
    module.uuid1 = uuid1
