"""Whether this thread is performing a step just now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _State(threading.local):
    seq: int | None = None


_state = _State()


@contextmanager
def performing(seq: int) -> Iterator[None]:
    """Inside the block this thread performs step `seq`."""
    before, _state.seq = _state.seq, seq
    try:
        yield
    finally:
        _state.seq = before


def performed_step() -> int | None:
    """Return the sequence number of the step that this thread performs, None if it performs none."""
    return _state.seq
