"""Pipes that are no child's as transports of an event loop of a run: standard input, `os.pipe`."""

from __future__ import annotations

import asyncio
import functools
import os
import sys
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.stdlib_shims._asyncio_pipes import ReadPipe, WritePipe
from durable.stdlib_shims._asyncio_processes import Task

_SIZE = 65_536


class _File:
    """A file whose reads and writes are made in strands of their own."""

    is_over = False

    def __init__(self, loop: Any, pipe: Any) -> None:
        run = context.current()
        assert run is not None
        self._tasks = Task(run, loop)
        self._sites = functools.partial(run.sites.dynamic, sys._getframe(1))
        self._pipe = pipe
        self._fd = pipe.fileno()

    def start(self, name: str, call: Callable[[], Any]) -> asyncio.Future[Any]:
        """Call `call` in a strand."""
        return self._tasks.start(call, self._sites(f"asyncio.PipeTransport.{name}", "write"))

    def pipe_closed(self, number: int) -> None:
        """Close the file."""
        self._pipe.close()


class FileSource(_File):
    """What can be read of a file, for a protocol."""

    def __init__(self, loop: Any, protocol: Any, pipe: Any) -> None:
        super().__init__(loop, pipe)
        self.transport = ReadPipe(loop, pipe, protocol, self, self._fd)
        self._reading: asyncio.Future[Any] | None = None
        loop.call_soon(self.pipe_resumed)

    def pipe_resumed(self) -> None:
        """Read on."""
        if self._reading is None and self.transport.is_reading():
            self._reading = self.start("read", functools.partial(os.read, self._fd, _SIZE))
            self._reading.add_done_callback(self._took)

    def _took(self, reading: asyncio.Future[Any]) -> None:
        self._reading = None
        error = reading.exception()
        if error is not None:
            self.transport.fail(error)
        elif data := reading.result():
            self.transport.feed(data)
            self.pipe_resumed()
        else:
            self.transport.feed_eof()
            self._pipe.close()


class FileSink(_File):
    """What is to be written to a file, by a protocol."""

    def __init__(self, loop: Any, protocol: Any, pipe: Any) -> None:
        super().__init__(loop, pipe)
        self.transport = WritePipe(loop, self, protocol, self)

    def write(self, data: bytes) -> None:
        """Write all of `data`."""
        while data:
            data = data[os.write(self._fd, data) :]

    def flush(self) -> None:
        """Do nothing: nothing is kept back."""

    def close(self) -> None:
        """Close the file."""
        self._pipe.close()
