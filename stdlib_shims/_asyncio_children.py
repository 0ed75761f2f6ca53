"""Child processes with protocols (`loop.subprocess_exec`): asyncio's own transport over the `Popen` of runs.

One step at a time waits for what the child does next: output, its end. A child whose end is recorded is never started
again, for the record holds all that it wrote.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import subprocess
import sys
from asyncio import base_subprocess
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.errors import ResourceLost
from durable.stdlib_shims._asyncio_pipes import ReadPipe, WritePipe
from durable.stdlib_shims._asyncio_processes import Task
from durable.stdlib_shims._child import send_signal_to
from durable.stdlib_shims._children import RealPopen, step
from durable.stdlib_shims._outlets import Differs, News, Outlets
from durable.stdlib_shims._sync import allocate_lock

_Base: Any = base_subprocess.BaseSubprocessTransport
_NAMES = {"stdin": 0, "stdout": 1, "stderr": 2}
_ENDS = frozenset({signal.SIGTERM, signal.SIGKILL})
_END_SECONDS = 0.1


class SubprocessTransport(_Base):  # type: ignore[misc]
    """A child process of a run, whose protocol is told what it does."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: Any, *args: Any, **kwargs: Any) -> None:
        run = context.current()
        assert run is not None
        self._run = run
        self._tasks = Task(run, loop)
        self._sites = functools.partial(run.sites.dynamic, sys._getframe(1))
        self._outputs: dict[int, ReadPipe] = {}
        self._input: WritePipe | None = None
        self._said: dict[int, bytearray] = {}
        self._outlets: Outlets | None = None
        self._lock = allocate_lock()
        self._closed = False
        super().__init__(loop, protocol, *args, **kwargs)

    def _start(self, args: Any, shell: bool, stdin: Any, stdout: Any, stderr: Any, bufsize: int, **kwargs: Any) -> None:
        names: Any = {"shell": shell, "stdin": stdin, "stdout": stdout, "stderr": stderr, **kwargs}
        self._proc: Any = subprocess.Popen(args, bufsize=-1, **names)

    async def _connect_pipes(self, waiter: Any) -> None:
        await super()._connect_pipes(waiter)
        self._watch()

    def connect(self, protocol: Any, pipe: Any) -> Any:
        """Return a transport for one of the child's pipes."""
        number = _NAMES[pipe._name]
        if number == 0:
            self._input = WritePipe(self._loop, pipe, protocol, self)
            return self._input
        self._said[number] = bytearray()
        self._outputs[number] = ReadPipe(self._loop, pipe, protocol, self, number)
        return self._outputs[number]

    @property
    def is_over(self) -> bool:
        return self._returncode is not None

    def start(self, name: str, call: Callable[[], Any], effect: str = "write") -> asyncio.Future[Any]:
        """Call `call` in a strand, as a step of this process."""
        return self._tasks.start(call, self._sites(f"asyncio.SubprocessTransport.{name}", effect))

    # What the child does

    def _watch(self) -> None:
        """Wait for what the child does next, unless it can do nothing more."""
        known, is_over = self._open(), self.is_over
        if self._proc is None or (is_over and not known):
            return
        wanted = [number for number in known if self._outputs[number].is_reading()]

        def wait(live: Any) -> News:
            return self._outlets_of(live).wait(wanted, known, is_over=is_over)

        self.start("wait", functools.partial(self._do, "wait", wait, "read"), "read").add_done_callback(self._told)

    def _open(self) -> dict[int, int]:
        """Return how much is known of each output whose end is not."""
        return {number: len(said) for number, said in self._said.items() if not self._outputs[number].is_at_end}

    def _told(self, waiting: asyncio.Future[Any]) -> None:
        self._take(waiting.result())
        self._watch()

    def _take(self, news: News) -> None:
        """Tell the protocols what they do not know."""
        outputs, code = news
        for number, start, data, is_ended in outputs:
            fresh = data[len(self._said[number]) - start :]
            pipe = self._outputs[number]
            if fresh:
                self._said[number] += fresh
                pipe.feed(fresh)
            if is_ended and not pipe.is_at_end:
                pipe.feed_eof()
        if code is not None and not self.is_over and self._proc is not None:
            self._proc._child.exit_code = self._proc.returncode = code
            self._process_exited(code)
            if self._input is not None:
                self._input.peer_closed()

    def _do(self, name: str, act: Callable[[Any], News], effect: str) -> News:
        """Do `act` to the live process as a step; return its news."""
        popen, code = self._proc, self._returncode
        child = popen._child
        known = self._open()

        def perform(args: Any) -> Any:
            if code is not None and not isinstance(child.live, RealPopen):
                ended = [[number, size, b"", True] for number, size in known.items()]
                return ((ended, code), code, child.pid, child.birth), []
            try:
                return child.operate(name, act, args)
            except Differs:
                child.used = "something that it now answers differently"
                raise ResourceLost(child._lost()) from None

        callee = f"asyncio.SubprocessTransport.{name}"
        news, _, popen.pid, child.birth = step(child.run, child.command, perform, effect, callee, child.emitted)
        child.pid = popen.pid
        return news or ([], None)

    def _outlets_of(self, live: Any) -> Outlets:
        with self._lock:
            if self._outlets is None or self._outlets.live is not live:
                self._outlets = Outlets(live, self._said)
            return self._outlets

    # What the program does

    def pipe_resumed(self) -> None:
        """Have a pipe listened to again."""
        if self._outlets is not None:
            self._outlets.wake()

    def pipe_closed(self, number: int) -> None:
        """Close one of the child's outputs."""
        self._outputs[number].is_at_end = True

        def close(live: Any) -> News:
            outlets = self._outlets_of(live)
            outlets.close(number)
            outlets.wake()
            return [], None

        if not self.is_over and self._proc is not None:
            self.start("close", functools.partial(self._do, "close", close, "write"))

    def send_signal(self, signal: int) -> None:
        self._check_proc()
        if self.is_over:
            return
        known = self._open()

        def send(live: Any) -> News:
            if isinstance(live, RealPopen):
                return self._outlets_of(live).signal(signal, _END_SECONDS if signal in _ENDS else 0, known)
            return [], send_signal_to(live, signal)

        site = self._run.sites.dynamic(sys._getframe(1), "asyncio.SubprocessTransport.send_signal", "write")
        self._run.strand.local["site"] = site
        is_lost = bool(self._proc._child.used)  # in a crash it was: then a signal goes to what is left of it
        news = self._do("send_signal" if is_lost else "signal", send, "write")
        if news[1] is None:
            self._proc._child.used = "send_signal"
        self._loop.call_soon(self._take, news)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for protocol in self._pipes.values():
            if protocol is not None:
                protocol.pipe.close()
        if self._proc is not None and not self.is_over:
            with contextlib.suppress(ProcessLookupError):
                self.kill()

    def __del__(self, *args: Any) -> None:
        if context.current() is self._run and not self._run.scheduler.stopped:
            super().__del__(*args)


SubprocessTransport.__name__ = SubprocessTransport.__qualname__ = "_UnixSubprocessTransport"
