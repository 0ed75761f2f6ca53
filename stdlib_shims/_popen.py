"""`subprocess.Popen` for strands: starting the child and everything done to it are steps.

A child does not survive a crash of the run as something that can be spoken to. Its life is then a write in doubt, as it
would be for `subprocess.run`: the next operation ends what is left of it, starts it again, writes to it what was
written and reads from it what was read. If it then says something else than it said before, if it was signalled or
waited for, or if the step's policy is `in_doubt = "fail"`, the operation raises `ResourceLost`. A signal is sent to
what is left. A child whose output went to another one that has ended is started again with nobody reading it.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import signal
import subprocess as _real
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from durable.runner import context
from durable.runner.core.call import Site
from durable.runner.errors import ResourceLost
from durable.runner.run import Run
from durable.stdlib_shims._children import Command, RealPopen, Tee, attach, command_of, step

_STREAMS = ("stdin", "stdout", "stderr")
_HARMLESS = frozenset({"poll", "fileno"})
_END_SECONDS = 0.1
_REPEATABLE = frozenset({"read", "read1", "readline", "readlines", "write", "writelines", "flush", "close"})


class Child:
    """A child process of a run. `live` is the real object, made and used within steps only."""

    def __init__(self, run: Run, command: Command, site: Site) -> None:
        self.run = run
        self.command = command
        self.site = site
        self.tee = Tee()
        self.live: Any = None
        self.pid = 0
        self.birth = ""
        self.live_birth = ""
        self.used = ""
        self.feeds: Popen | None = None
        self.exit_code: int | None = None
        self.log: list[tuple[Callable[[Any], Any], Any]] = []
        self.emitted = {1: 0, 2: 0}

    def start(self, args: Any, is_read: bool = True) -> tuple[Any, list[tuple[int, bytes]]]:
        """Start the process (within a step); if not `is_read`, nobody is there to read its output."""
        self.tee = Tee(self.emitted)
        command = self.command
        if not is_read:
            command = replace(command, kwargs={**command.kwargs, "stdout": _real.DEVNULL})
        try:
            self.live = command.begin(self.tee)
        except BaseException:
            self.tee.finish()
            raise
        self.tee.release()
        self.live_birth = _birth(self.live.pid)
        return (self.live.pid, self.live_birth), []

    def operate(self, name: str, act: Callable[[Any], Any], args: Any) -> tuple[Any, list[tuple[int, bytes]]]:
        """Do `act` to the live process (within a step); return its result, the exit code and the process id."""
        if self.live is None and name == "close":
            return (None, None, self.pid, self.birth), []
        live = self.revived(name)
        try:
            value = act(live)
        except BaseException as error:
            attach(error, self.tee.take())
            raise
        if live.returncode is not None:
            self.tee.finish()
        return (value, live.returncode, live.pid, self.live_birth), self.tee.take()

    def revived(self, name: str) -> Any:
        if self.live is None:
            is_alive = bool(self.birth) and _birth(self.pid) == self.birth
            if is_alive and name == "send_signal":
                self.live, self.live_birth = _Orphan(self.pid), self.birth
                return self.live
            if self.used or self.site.policy.in_doubt == "fail":
                raise ResourceLost(self._lost())
            if is_alive:
                os.kill(self.pid, signal.SIGKILL)
            self.start(None, is_read=self.feeds is None or name == "fileno")
            for act, said in self.log:
                if act(self.live) != said:
                    self.used = "something that it now answers differently"
                    raise ResourceLost(self._lost())
        return self.live

    def done(self, name: str, act: Callable[[Any], Any], value: Any) -> None:
        """Remember an operation, to repeat it on a child that is started again."""
        is_output_closed = name in ("stdout.close", "stderr.close")
        if name.rpartition(".")[2] in _REPEATABLE and not is_output_closed:
            self.log.append((act, value))
        elif name.rpartition(".")[2] not in _HARMLESS and not is_output_closed:
            self.used = name

    def __del__(self) -> None:
        """Let go of the process without the warnings that the real object would give for what a crash has left open."""
        live, self.live = self.live, None
        if isinstance(live, RealPopen):
            for stream in (live.stdin, live.stdout, live.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError, ValueError):
                        stream.close()
            self.tee.finish()
            vars(live)["_child_created"] = False

    def _lost(self) -> str:
        after = f" after {self.used} was called on it" if self.used else ""
        return (
            f"{self.site.file}:{self.site.line}: the process started here was lost in a crash{after} and cannot be "
            "started again. Use subprocess.run, or keep its whole use in one function marked `# durable: step`."
        )


def _send_signal(live: Any, number: int) -> int | None:
    """Signal the process; return the exit code if it ends of it at once, so that it is recorded with the signal."""
    live.send_signal(number)
    if number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(_real.TimeoutExpired):
            return live.wait(_END_SECONDS)  # type: ignore[no-any-return]
    return None


class _Orphan:
    """What is left of a child whose parent crashed: it can be signalled, but nobody gets its exit code."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._number = 0

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)
        self._number = number

    def wait(self, timeout: float) -> int:
        self.returncode = -int(self._number)
        return self.returncode

    def __getattr__(self, name: str) -> Any:
        raise ResourceLost(f"process {self.pid} was lost in a crash; {name} is not possible any more")


def _birth(pid: int) -> str:
    """Return when process `pid` was born (opaque), to tell it from a later one of the same number; "" if unknown."""
    with (
        contextlib.suppress(OSError, IndexError),
        open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file,
    ):
        return file.read().rpartition(")")[2].split()[19]
    return ""


class Popen(RealPopen):  # type: ignore[type-arg]
    __doc__ = RealPopen.__doc__
    __durable_shim__ = True
    _child: Child | None = None

    def __init__(self, *popenargs: Any, **kwargs: Any) -> None:
        run = context.current()
        if run is None:
            super().__init__(*popenargs, **kwargs)
            return
        command = command_of(run, RealPopen, popenargs, kwargs)
        site = run.take_site("subprocess.Popen", "write")
        run.strand.local["site"] = site
        self.args = command.args
        self.returncode: Any = None
        given = command.kwargs
        self.encoding, self.errors = given.get("encoding"), given.get("errors")
        self.text_mode = bool(self.encoding or self.errors or given.get("text") or given.get("universal_newlines"))
        self.pipesize = given.get("pipesize", -1)
        child = Child(run, command, site)
        child.pid, child.birth = step(run, command, child.start, "write", "subprocess.Popen")
        self.pid = child.pid
        self._child = child
        source = given.get("stdin")
        if type(source) is _Pipe and source._process._child is not None:
            source._process._child.feeds = self
        for name in _STREAMS:
            has_pipe = given.get(name) == _real.PIPE
            setattr(self, name, _Pipe(self, name, self.text_mode) if has_pipe else None)

    def _do(self, name: str, act: Callable[[Any], Any], effect: str = "write") -> Any:
        """Do `act` to the process of a run as a step called `name`."""
        child = self._child
        assert child is not None
        operate = functools.partial(child.operate, name.rpartition(".")[2], act)
        outcome = step(child.run, child.command, operate, effect, f"subprocess.Popen.{name}", child.emitted)
        value, returncode, self.pid, child.birth = outcome
        child.pid = self.pid
        if self.returncode is None and name != "send_signal":
            self.returncode = returncode
        child.done(name, act, value)
        return value

    def _shut(self) -> None:
        for name in _STREAMS:
            pipe = getattr(self, name)
            if pipe is not None:
                pipe._closed = True

    def _known(self) -> int | None:
        """Return the exit code if it is recorded already."""
        if self.returncode is None and self._child is not None:
            self.returncode = self._child.exit_code
        return self.returncode  # type: ignore[no-any-return]

    def poll(self) -> int | None:
        if self._child is None:
            return super().poll()
        if context.current() is None:
            return self._child.revived("poll").poll()  # type: ignore[no-any-return]
        if self._known() is None:
            self._do("poll", lambda live: live.poll(), "read")
        return self.returncode  # type: ignore[no-any-return]

    def wait(self, timeout: float | None = None) -> int:
        if self._child is None:
            return super().wait(timeout)
        if context.current() is None:
            return self._child.revived("wait").wait(timeout)  # type: ignore[no-any-return]
        if self._known() is None:
            self._do("wait", lambda live: live.wait(timeout))
        return self.returncode  # type: ignore[no-any-return]

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        if self._child is None:
            return super().communicate(input, timeout)
        if context.current() is None:
            return self._child.revived("communicate").communicate(input, timeout)  # type: ignore[no-any-return]
        result = self._do("communicate", lambda live: live.communicate(input, timeout))
        self._shut()
        return result  # type: ignore[no-any-return]

    def send_signal(self, sig: int) -> None:
        if self._child is None:
            super().send_signal(sig)
        elif context.current() is None:
            self._child.revived("send_signal").send_signal(sig)
        elif self._known() is None:
            self._child.exit_code = self._do("send_signal", lambda live: _send_signal(live, sig))

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __exit__(self, exc_type: Any, value: Any, traceback: Any) -> None:
        if self._child is None or context.current() is None:
            super().__exit__(exc_type, value, traceback)
            return
        is_open = any(pipe is not None and not pipe.closed for pipe in (self.stdin, self.stdout, self.stderr))
        if self._known() is None or is_open:
            self._do("__exit__", lambda live: live.__exit__(exc_type, None, None))
            self._shut()

    def __del__(self, *args: Any, **kwargs: Any) -> None:
        if self.__dict__.get("_child") is None:
            super().__del__(*args, **kwargs)


class _Pipe:
    """One end of a pipe to a child; each use of it is a step."""

    def __init__(self, process: Popen, name: str, is_text: bool) -> None:
        self._process = process
        self._name = name
        self._is_text = is_text
        self._closed = False
        self.encoding = process.encoding
        self.errors = process.errors

    def _do(self, method: str, *args: Any) -> Any:
        child = self._process._child
        assert child is not None
        if context.current() is None:
            return getattr(getattr(child.revived(method), self._name), method)(*args)
        if self._closed:
            raise ValueError("I/O operation on closed file.")

        def act(live: Any) -> Any:
            return getattr(getattr(live, self._name), method)(*args)

        effect = "write" if self._name == "stdin" else "read"
        return self._process._do(f"{self._name}.{method}", act, effect)

    # Reading

    def read(self, size: int | None = -1) -> Any:
        return self._do("read", size)

    def read1(self, size: int = -1) -> Any:
        return self._do("read1", size)

    def readline(self, size: int = -1) -> Any:
        return self._do("readline", size)

    def readlines(self, hint: int = -1) -> Any:
        return self._do("readlines", hint)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    # Writing

    def write(self, data: Any) -> Any:
        return self._do("write", data)

    def writelines(self, lines: Any) -> None:
        self._do("writelines", list(lines))

    def flush(self) -> None:
        if self._name == "stdin":
            self._do("flush")

    # Its state

    def close(self) -> None:
        if not self._closed:
            try:
                self._do("close")
            finally:
                self._closed = True

    @property
    def closed(self) -> bool:
        return self._closed

    def fileno(self) -> int:
        return int(self._do("fileno"))

    def readable(self) -> bool:
        return self._name != "stdin"

    def writable(self) -> bool:
        return self._name == "stdin"

    def seekable(self) -> bool:
        return False

    def isatty(self) -> bool:
        return False

    def __enter__(self) -> _Pipe:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _class(self) -> type:
        if self._is_text:
            return io.TextIOWrapper
        return io.BufferedWriter if self._name == "stdin" else io.BufferedReader

    __class__: Any = property(_class)


Popen.__module__ = "subprocess"
functools.update_wrapper(Popen.__init__, RealPopen.__init__)
