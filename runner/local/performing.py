"""Whether this thread is performing a step just now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _State(threading.local):
    depth = 0


_state = _State()


@contextmanager
def performing() -> Iterator[None]:
    """Inside the block this thread performs a step."""
    _state.depth += 1
    try:
        yield
    finally:
        _state.depth -= 1


def is_performing() -> bool:
    return _state.depth > 0
