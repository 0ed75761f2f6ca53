"""A child process of a run that can be spoken to: started again after a crash where that is right, else lost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess as _real
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from durable.runner import context
from durable.runner.core.call import Site
from durable.runner.errors import ResourceLost
from durable.runner.run import Run
from durable.stdlib_shims._children import Command, RealPopen, Tee, attach
from durable.stdlib_shims._lent import marks_of, rewind
from durable.stdlib_shims._sync import allocate_lock

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
        self.marks: dict[str, Any] = {}
        self.used = ""
        self.feeds: Any = None
        self.exit_code: int | None = None
        self.log: list[tuple[Callable[[Any], Any], Any]] = []
        self.emitted = {1: 0, 2: 0}
        self._lock = allocate_lock()  # two strands may wait for it and signal it at the same time

    def start(self, args: Any, is_read: bool = True) -> tuple[Any, list[tuple[int, bytes]]]:
        """Start the process (within a step); if not `is_read`, nobody is there to read its output."""
        self.tee = Tee(self.emitted)
        command = self.command
        if not is_read:
            command = replace(command, kwargs={**command.kwargs, "stdout": _real.DEVNULL})
        marks = marks_of(command.lent)
        try:
            self.live = command.begin(self.tee)
        except BaseException:
            self.tee.finish()
            raise
        self.tee.release()
        self.live_birth = _birth(self.live.pid)
        return (self.live.pid, self.live_birth, marks), []

    def operate(self, name: str, act: Callable[[Any], Any], args: Any) -> tuple[Any, list[tuple[int, bytes]]]:
        """Do `act` to the live process (within a step); return its result, the exit code and the process id.

        To close a pipe of a child that is gone is nothing, unless it is its input ("stdin.close") that it waits for.
        """
        if self.live is None and name == "close":
            return (None, None, self.pid, self.birth), []
        with self._lock:
            live = self.revived(name)
        try:
            value = act(live)
        except BaseException as error:
            attach(error, self.tee.take())
            raise
        with self._lock:
            if live.returncode is not None:
                self.tee.finish()
            return (value, live.returncode, live.pid, self.live_birth), self.tee.take()

    def revived(self, name: str) -> Any:
        if self.live is None:
            if self.exit_code is not None and name == "send_signal":
                return _Orphan(self.pid, self.exit_code)
            is_alive = bool(self.birth) and _birth(self.pid) == self.birth
            if is_alive and name == "send_signal":
                self.live, self.live_birth = _Orphan(self.pid), self.birth
                return self.live
            if self.used or self.site.policy.in_doubt == "fail":
                raise ResourceLost(self._lost())
            if is_alive:
                self._end_orphan()
            rewind(self.command.lent, self.marks)
            self.start(None, is_read=self.feeds is None or name == "fileno")
            for act, said in self.log:
                if act(self.live) != said:
                    self.used = "something that it now answers differently"
                    raise ResourceLost(self._lost())
        return self.live

    def _end_orphan(self) -> None:
        """Kill what a crash left of the child, by a descriptor: the number may come to mean another process."""
        try:
            orphan = os.pidfd_open(self.pid)
        except OSError:
            return
        with contextlib.suppress(OSError), open(orphan, "rb", closefd=True):
            if _birth(self.pid) == self.birth:
                signal.pidfd_send_signal(orphan, signal.SIGKILL)

    def done(self, name: str, act: Callable[[Any], Any], value: Any) -> None:
        """Remember an operation, to repeat it on a child that is started again."""
        is_output_closed = name in ("stdout.close", "stderr.close")
        if name.rpartition(".")[2] in _REPEATABLE and not is_output_closed:
            self.log.append((act, value))
        elif name.rpartition(".")[2] not in _HARMLESS and not is_output_closed:
            self.used = name
            self.exit_code = value if name == "wait" else self.exit_code

    def __del__(self) -> None:
        """Let go of the process without the warnings that the real object would give for what a crash has left open."""
        live, self.live = self.live, None
        if not isinstance(live, RealPopen):
            return
        with context.outside():  # it may be collected while another run executes
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


def send_signal_to(live: Any, number: int) -> int | None:
    """Signal the process; return the exit code if it ends of it at once, so that it is recorded with the signal."""
    live.send_signal(number)
    if number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(_real.TimeoutExpired):
            return live.wait(_END_SECONDS)  # type: ignore[no-any-return]
    return None


class _Orphan:
    """What is left of a child whose parent crashed: it can be signalled until it has ended."""

    def __init__(self, pid: int, returncode: int | None = None) -> None:
        self.pid = pid
        self.returncode = returncode
        self._number = 0

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)
            self._number = number

    def wait(self, timeout: float) -> int:
        if self.returncode is None:
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
