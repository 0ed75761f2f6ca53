"""The pipes of child processes as transports of an event loop of a run."""

from __future__ import annotations

import functools
from asyncio import transports
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

_FlowControl: Any = transports._FlowControlMixin


class Sink(Protocol):
    """The process or file that is written to."""

    def start(self, name: str, call: Callable[[], Any]) -> Any: ...

    @property
    def is_over(self) -> bool: ...


class Source(Protocol):
    """The process or file that is read."""

    def pipe_resumed(self) -> None: ...

    def pipe_closed(self, number: int) -> None: ...


class ReadPipe(transports.ReadTransport):
    """A child's output; what comes while reading is paused is kept."""

    def __init__(self, loop: Any, pipe: Any, protocol: Any, holder: Source, number: int) -> None:
        super().__init__({"pipe": pipe})
        self._loop: Any = loop
        self._protocol: Any = protocol
        self._holder = holder
        self._number = number
        self._is_paused = False
        self._is_closing = False
        self.is_at_end = False
        self._held: list[bytes] = []
        loop.call_soon(protocol.connection_made, self)

    def feed(self, data: bytes) -> None:
        """Take what the child wrote."""
        if self._is_closing:
            return
        if self._is_paused or self._held:
            self._held.append(data)
        else:
            self._protocol.data_received(data)

    def feed_eof(self) -> None:
        """Take the end of what the child writes."""
        self.is_at_end = True
        if not self._is_closing and not self._is_paused and not self._held:
            self._is_closing = True
            self._loop.call_soon(self._protocol.eof_received)
            self._loop.call_soon(self._lost, None)

    def fail(self, error: BaseException) -> None:
        """Take that reading has failed."""
        self._is_closing = True
        self._loop.call_soon(self._lost, error)

    def is_reading(self) -> bool:
        return not self._is_paused and not self._is_closing

    def pause_reading(self) -> None:
        if self.is_reading():
            self._is_paused = True

    def resume_reading(self) -> None:
        if self._is_closing or not self._is_paused:
            return
        self._is_paused = False
        self._loop.call_soon(self._release)

    def _release(self) -> None:
        while self._held and self.is_reading():
            self._protocol.data_received(self._held.pop(0))
        if self.is_at_end and not self._held:
            self.feed_eof()
        elif self.is_reading():
            self._holder.pipe_resumed()

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_protocol(self) -> Any:
        return self._protocol

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._lost, None)

    def _lost(self, error: BaseException | None) -> None:
        try:
            self._protocol.connection_lost(error)
        finally:
            if not self.is_at_end:
                self._holder.pipe_closed(self._number)
            self._protocol = self._loop = None


class WritePipe(_FlowControl, transports.WriteTransport):  # type: ignore[misc]
    """A child's input: written in order, one write at a time."""

    def __init__(self, loop: Any, pipe: Any, protocol: Any, holder: Sink) -> None:
        _FlowControl.__init__(self, {"pipe": pipe}, loop)
        self._pipe = pipe
        self._protocol = protocol
        self._holder = holder
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._is_working = False
        self._is_closing = False
        self._is_lost = False
        loop.call_soon(protocol.connection_made, self)

    def get_write_buffer_size(self) -> int:
        return self._size

    def write(self, data: Any) -> None:
        chunk = bytes(data)
        if chunk and not self._is_closing:
            self._chunks.append(chunk)
            self._size += len(chunk)
            self._work()
            self._maybe_pause_protocol()

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._work()

    close = write_eof

    def is_closing(self) -> bool:
        return self._is_closing

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_protocol(self) -> Any:
        return self._protocol

    def abort(self) -> None:
        self._fail(None)

    def peer_closed(self) -> None:
        """Take that the child has ended."""
        self._fail(BrokenPipeError() if self._size else None)

    def _fail(self, error: BaseException | None) -> None:
        self._is_closing = True
        self._chunks.clear()
        self._size = 0
        if not self._is_lost:
            self._lose(error)

    def _lose(self, error: BaseException | None) -> None:
        self._is_lost = True
        self._loop.call_soon(self._protocol.connection_lost, error)
        if not self._holder.is_over and not self._is_working:
            self._holder.start("stdin.close", self._pipe.close)

    def _work(self) -> None:
        if self._is_working or self._is_lost:
            return
        if self._chunks:
            data = b"".join(self._chunks)
            self._chunks.clear()
            self._is_working = True
            working = self._holder.start("stdin.write", functools.partial(_write, self._pipe, data))
            working.add_done_callback(self._wrote)
        elif self._is_closing:
            self._lose(None)

    def _wrote(self, working: Any) -> None:
        self._is_working = False
        error = working.exception()
        if self._is_lost:
            return
        if error is not None:
            self._fail(error)
            return
        self._size = sum(map(len, self._chunks))
        self._maybe_resume_protocol()
        self._work()


def _write(pipe: Any, data: bytes) -> None:
    pipe.write(data)
    pipe.flush()


for _class, _name in ((ReadPipe, "_UnixReadPipeTransport"), (WritePipe, "_UnixWritePipeTransport")):
    _class.__name__ = _class.__qualname__ = _name
