"""Python's buffers for a run's files: a strand that is suspended inside one keeps the others out until it is done.

The real buffers hold a lock meanwhile that knows only threads; strands share a thread, so each buffer has one for them.
"""

from __future__ import annotations

import copyreg
import functools
import io
from collections import deque
from collections.abc import Callable
from typing import Any

from durable.runner.core.scheduler import Strand
from durable.stdlib_shims._files import RecordedRaw, is_collecting, running


class _StrandLock:
    """A lock, first come first served; taken again by its owner it does nothing, the real buffer complains."""

    __slots__ = ("_owner", "_raw", "_waiting")

    def __init__(self, raw: RecordedRaw) -> None:
        self._raw = raw
        self._owner: Strand | None = None
        self._waiting: deque[Strand] = deque()

    def call(self, method: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        run = self._raw._run
        if not running(run):
            return method(*args)
        strand = run.strand
        if self._owner is strand:
            return method(*args)
        if self._owner is not None:
            self._waiting.append(strand)
            run.park()
        self._owner = strand
        try:
            return method(*args)
        finally:
            self._owner = self._waiting.popleft() if self._waiting else None
            if self._owner is not None and not run.scheduler.stopped:
                run.unpark(self._owner)


def _locked(base: type, name: str) -> Callable[..., Any]:
    real = getattr(base, name)

    @functools.wraps(real)
    def method(self: Any, *args: Any) -> Any:
        return self._strands.call(real, (self, *args))

    return method


_METHODS = "read read1 readinto readinto1 readline peek write flush seek tell truncate __next__".split()


def _buffer(base: Any) -> Any:
    def __init__(self: Any, raw: RecordedRaw, buffer_size: int = io.DEFAULT_BUFFER_SIZE) -> None:
        self._strands = _StrandLock(raw)
        base.__init__(self, raw, buffer_size)

    def __repr__(self: Any) -> str:
        try:
            return f"<_io.{base.__name__} name={self.name!r}>"
        except AttributeError:
            return f"<_io.{base.__name__}>"

    body: dict[str, Any] = {
        "__init__": __init__,
        "__repr__": __repr__,
        "__module__": __name__,
        "__durable_shim__": True,
    }

    def close(self: Any) -> None:
        if is_collecting():
            base.flush(self)
        else:
            self._strands.call(base.close, (self,))

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        return _reduce(self, self)

    def __setstate__(self: Any, state: dict[str, Any]) -> None:
        _restore(self, self, state)

    body.update(close=close, __reduce_ex__=__reduce_ex__, __setstate__=__setstate__)
    body.update((name, _locked(base, name)) for name in _METHODS if hasattr(base, name))
    return type(base.__name__, (base,), body)


BufferedReader = _buffer(io.BufferedReader)
BufferedWriter = _buffer(io.BufferedWriter)
BufferedRandom = _buffer(io.BufferedRandom)


class TextIOWrapper(io.TextIOWrapper):
    """The real text layer; a class of its own so that a step can record its position."""

    __durable_shim__ = True

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _reduce(self, self.buffer)

    def __setstate__(self, state: dict[str, Any]) -> None:
        _restore(self, self.buffer, state)


def _reduce(file: Any, buffer: Any) -> Any:
    """Return what `file` is to a step that it was given to: where it stands, after writing what it holds back.

    It can be put back into the same object only; a copy of an open file there is not.
    """
    raw = buffer.raw
    if raw.closed:
        return copyreg.__newobj__, (type(file),), {"closed": True}  # type: ignore[attr-defined]
    if running(raw._run):
        raise TypeError(f"cannot pickle {type(file).__name__!r} object")
    if raw._can_write:
        file.flush()
    state = {"closed": False, "raw": raw.position(), "at": file.tell() if raw.seekable() else 0}
    return copyreg.__newobj__, (type(file),), state  # type: ignore[attr-defined]


def _restore(file: Any, buffer: Any, state: dict[str, Any]) -> None:
    """Put `file` where a step left it, without doing again what the step did."""
    raw = buffer.raw
    raw.is_discarding = True
    try:
        if state["closed"]:
            file.close()
        elif raw.seekable():
            raw.moved(state["raw"])
            file.seek(state["at"])
    finally:
        raw.is_discarding = False
