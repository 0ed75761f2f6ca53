"""`subprocess.Popen` for strands: starting the child and everything done to it are steps.

A child does not survive a crash of the run as something that can be spoken to. Its life is then a write in doubt, as it
would be for `subprocess.run`: the next operation ends what is left of it, starts it again, writes to it what was
written and reads from it what was read. If it then says something else than it said before, if it was signalled or
waited for, or if the step's policy is `in_doubt = "fail"`, the operation raises `ResourceLost`. A signal is sent to
what is left. A child whose output went to another one that has ended is started again with nobody reading it.
"""

from __future__ import annotations

import functools
import signal
import subprocess as _real
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.stdlib_shims._child import Child, send_signal_to
from durable.stdlib_shims._children import RealPopen, command_of, step
from durable.stdlib_shims._pipes import Pipe

_STREAMS = ("stdin", "stdout", "stderr")


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
        started = step(run, command, child.start, "write", "subprocess.Popen", probe=command.probe)
        child.pid, child.birth, child.marks = started
        self.pid = child.pid
        self._child = child
        source = given.get("stdin")
        if type(source) is Pipe and source._process._child is not None:
            source._process._child.feeds = self
        for name in _STREAMS:
            has_pipe = given.get(name) == _real.PIPE
            setattr(self, name, Pipe(self, name, self.text_mode) if has_pipe else None)

    def _do(self, name: str, act: Callable[[Any], Any], effect: str = "write") -> Any:
        """Do `act` to the process of a run as a step called `name`."""
        child = self._child
        assert child is not None
        is_heard = name == "stdin.close" and not child.used and child.exit_code is None
        operate = functools.partial(child.operate, name if is_heard else name.rpartition(".")[2], act)
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
            self._child.exit_code = self._do("send_signal", lambda live: send_signal_to(live, sig))

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


Popen.__module__ = "subprocess"
functools.update_wrapper(Popen.__init__, RealPopen.__init__)
