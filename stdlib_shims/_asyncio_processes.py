"""asyncio's child processes over the `subprocess.Popen` of runs; what may take long is a step in its own strand."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
from asyncio import subprocess as _real
from collections import deque
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.core.call import Site
from durable.runner.run import Run
from durable.stdlib_shims._asyncio_tasks import ENDING
from durable.stdlib_shims._strands import end_run

_exec: Any = _real.create_subprocess_exec
_shell: Any = _real.create_subprocess_shell
_LIMIT = 2**16
_BROKEN = (BrokenPipeError, ConnectionResetError)
_PIPED = {"bufsize": 0, "text": False, "universal_newlines": False, "encoding": None, "errors": None}


class Task:
    """Blocking calls as futures of a loop, each in a strand."""

    def __init__(self, run: Run, loop: asyncio.AbstractEventLoop) -> None:
        self.run = run
        self.loop = loop

    def start(self, call: Callable[[], Any], site: Site) -> asyncio.Future[Any]:
        """Call `call` in a strand, its step at `site`; return a future of what it returns or raises."""
        future = self.loop.create_future()

        def body() -> None:
            self.run.strand.local["site"] = site
            try:
                result = call()
            except ENDING as error:
                end_run(self.run, error)
                raise
            except BaseException as error:
                self._tell(functools.partial(_fail, future, error))
            else:
                self._tell(functools.partial(_succeed, future, result))

        self.run.spawn(body, site.callee, daemon=True)
        return future

    def _tell(self, callback: Callable[[], None]) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(callback)


def _succeed(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


class Reader(asyncio.StreamReader):
    """A child's output: read from the pipe when the program waits for it."""

    def __init__(self, process: Process, pipe: Any, limit: int) -> None:
        super().__init__(limit, process.tasks.loop)
        self._process = process
        self._pipe = pipe
        self._reading: asyncio.Future[Any] | None = None
        self.is_used = False

    async def _wait_for_data(self, func_name: str) -> None:
        self.is_used = True
        if self._reading is None:
            self._reading = self._process.start("read1", functools.partial(self._pipe.read1, _LIMIT), "read")
            self._reading.add_done_callback(self._took)
        await super()._wait_for_data(func_name)  # type: ignore[misc]

    def _took(self, reading: asyncio.Future[Any]) -> None:
        self._reading = None
        error = reading.exception()
        if error is not None:
            self.set_exception(error)  # type: ignore[arg-type]
        elif reading.result():
            self.feed_data(reading.result())
        else:
            self.feed_eof()


class Writer:
    """A child's input, as an `asyncio.StreamWriter`: written in order, one write at a time."""

    def __init__(self, process: Process, pipe: Any) -> None:
        self._process = process
        self._pipe = pipe
        self._chunks: deque[bytes] = deque()
        self._working: asyncio.Future[Any] | None = None
        self._is_closing = False
        self._error: BaseException | None = None
        self._closed = process.tasks.loop.create_future()

    def write(self, data: bytes) -> None:
        if data and self._error is None:
            self._chunks.append(bytes(data))
            self._work()

    def writelines(self, data: Any) -> None:
        self.write(b"".join(data))

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self._is_closing = True
        self._work()

    write_eof = close

    def is_closing(self) -> bool:
        return self._is_closing

    async def wait_closed(self) -> None:
        await self._closed

    async def drain(self) -> None:
        while self._working is not None:
            await asyncio.wait([self._working])
        if self._error is not None:
            raise ConnectionResetError("Connection lost")
        await asyncio.sleep(0)

    def _work(self) -> None:
        if self._working is not None or self._pipe.closed:
            return
        if self._chunks:
            data = b"".join(self._chunks)
            self._chunks.clear()
            self._begin(functools.partial(_write, self._pipe, data))
        elif self._is_closing:
            self._begin(self._pipe.close)

    def _begin(self, call: Callable[[], Any]) -> None:
        self._working = self._process.start("stdin", call, "write")
        self._working.add_done_callback(self._wrote)

    def _wrote(self, working: asyncio.Future[Any]) -> None:
        self._working = None
        error = working.exception()
        if error is not None:
            self._error = error
            self._chunks.clear()
        if self._pipe.closed and not self._closed.done():
            self._closed.set_result(None)
        self._work()


def _write(pipe: Any, data: bytes) -> None:
    pipe.write(data)
    pipe.flush()


class Process(_real.Process):
    """A child process of a run."""

    def __init__(self, run: Run, popen: Any, limit: int) -> None:
        self.tasks = Task(run, asyncio.get_running_loop())
        self._popen = popen
        self.pid = popen.pid
        self.stdin: Any = None if popen.stdin is None else Writer(self, popen.stdin)
        self.stdout = None if popen.stdout is None else Reader(self, popen.stdout, limit)
        self.stderr = None if popen.stderr is None else Reader(self, popen.stderr, limit)
        self._waiting: asyncio.Future[Any] | None = None
        self._communicating: asyncio.Future[Any] | None = None

    def start(self, name: str, call: Callable[[], Any], effect: str) -> asyncio.Future[Any]:
        """Call `call` in a strand as a step of this process."""
        run = self.tasks.run
        return self.tasks.start(call, run.sites.dynamic(sys._getframe(1), f"asyncio.subprocess.Process.{name}", effect))

    @property
    def returncode(self) -> int | None:
        return self._popen.returncode  # type: ignore[no-any-return]

    async def wait(self) -> int:
        """Wait until the process has ended and return its return code."""
        if self._popen.returncode is None:
            if self._waiting is None:
                self._waiting = self.start("wait", self._popen.wait, "write")
            await asyncio.shield(self._waiting)
        return self._popen.returncode  # type: ignore[no-any-return]

    async def communicate(self, input: Any = None) -> tuple[Any, Any]:
        """Write `input`, read all output, wait for the end; return what stdout and stderr gave."""
        readers = (self.stdout, self.stderr)
        if self._communicating is None and any(isinstance(reader, Reader) and reader.is_used for reader in readers):
            return await super().communicate(input)
        if self._communicating is None:
            call = functools.partial(self._popen.communicate, input)
            self._communicating = self.start("communicate", call, "write")
        found: tuple[Any, Any] = await asyncio.shield(self._communicating)
        return found

    async def _read_stream(self, fd: int) -> bytes:
        reader = self.stdout if fd == 1 else self.stderr
        assert reader is not None
        return await reader.read()

    async def _feed_stdin(self, input: Any) -> None:
        try:
            self.stdin.write(input)
            await self.stdin.drain()
        except _BROKEN:
            pass
        self.stdin.close()

    def send_signal(self, signal: int) -> None:
        if self._popen.returncode is not None:
            raise ProcessLookupError
        self._popen.send_signal(signal)

    def terminate(self) -> None:
        self.send_signal(15)

    def kill(self) -> None:
        self.send_signal(9)


for _class, _name in ((Process, "Process"), (Reader, "StreamReader"), (Writer, "StreamWriter")):
    _class.__name__ = _class.__qualname__ = _name


async def create_subprocess_exec(program: Any, *args: Any, limit: int = _LIMIT, **kwds: Any) -> Any:
    """Start a program as a child process."""
    run = context.current()
    if run is None:
        return await _exec(program, *args, limit=limit, **kwds)
    return _started(run, (program, *args), limit, kwds)


async def create_subprocess_shell(cmd: Any, limit: int = _LIMIT, **kwds: Any) -> Any:
    """Start a shell command as a child process."""
    run = context.current()
    if run is None:
        return await _shell(cmd, limit=limit, **kwds)
    return _started(run, cmd, limit, {**kwds, "shell": True})


def _started(run: Run, command: Any, limit: int, kwds: dict[str, Any]) -> Process:
    for name, value in _PIPED.items():
        if kwds.get(name, value) != value:
            raise ValueError(f"{name} must be {value}")
    return Process(run, subprocess.Popen(command, **{**kwds, "bufsize": -1}), limit)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    package: Any = asyncio
    module.create_subprocess_exec = package.create_subprocess_exec = create_subprocess_exec
    module.create_subprocess_shell = package.create_subprocess_shell = create_subprocess_shell
