"""Child processes of a run: a command in, its exit and its output as recorded values out.

A child may not write to the process's own standard output: what it prints belongs to the run's output (promise 7). So
streams that it would inherit are pipes here, read while it runs; the bytes are part of the step's record and are given
to the run's output when the program goes on, live as on replay. A child therefore sees no terminal. Bytes that a
grandchild writes after the child's end are lost.
"""

from __future__ import annotations

import inspect
import os
import selectors
import subprocess as _real
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from durable.runner.core.call import Probe
from durable.runner.run import Run
from durable.stdlib_shims._lent import Lent, Streams, lent_to_child

_SIZE = 65_536
_POPEN_ARGUMENTS = tuple(inspect.signature(_real.Popen.__init__).parameters)[1:]
_OUTPUT = "_durable_output"
RealPopen = _real.Popen


class Tee:
    """Collects what a child writes to descriptors 1 and 2, after the first `skip` bytes of each, on a thread."""

    def __init__(self, skip: Mapping[int, int] | None = None) -> None:
        self._skip = dict(skip or {})
        self._chunks: list[tuple[int, bytes]] = []
        self._writers: dict[int, int] = {}
        self._readers: dict[int, int] = {}
        self._wake: tuple[int, int] | None = None
        self._thread: threading.Thread | None = None

    def pipe(self, fd: int) -> int:
        """Return a descriptor for the child whose bytes count as written to `fd` (1 or 2)."""
        if fd not in self._writers:
            reader, self._writers[fd] = os.pipe()
            os.set_blocking(reader, False)
            self._readers[reader] = fd
        return self._writers[fd]

    def start(self) -> None:
        """Begin to read."""
        if self._readers:
            self._wake = os.pipe()
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()

    def release(self) -> None:
        """Close this process's copies of the child's descriptors, once it has its own."""
        for writer in self._writers.values():
            os.close(writer)
        self._writers.clear()

    def finish(self) -> None:
        """Read what is there and close everything; a second call does nothing."""
        self.release()
        if self._wake is not None and self._thread is not None:
            os.close(self._wake[1])
            self._thread.join()
            os.close(self._wake[0])
            self._wake = None
        for reader in self._readers:
            os.close(reader)
        self._readers.clear()

    def take(self) -> list[tuple[int, bytes]]:
        """Return the chunks (descriptor, bytes) read since the last call, neighbours of one descriptor joined."""
        taken: list[tuple[int, bytes]] = []
        while self._chunks:
            fd, data = self._chunks.pop(0)
            if taken and taken[-1][0] == fd:
                taken[-1] = fd, taken[-1][1] + data
            else:
                taken.append((fd, data))
        return taken

    def _read(self) -> None:
        assert self._wake is not None
        with selectors.DefaultSelector() as selector:
            for reader in (*self._readers, self._wake[0]):
                selector.register(reader, selectors.EVENT_READ)
            while len(selector.get_map()) > 1:
                ready = [key.fd for key, _ in selector.select()]
                for reader in ready:
                    if reader in self._readers and self._is_at_end(reader):
                        selector.unregister(reader)
                if self._wake[0] in ready:
                    for reader in self._readers:
                        while reader in selector.get_map() and self._has_more(reader):
                            pass
                    return

    def _is_at_end(self, reader: int) -> bool:
        data = os.read(reader, _SIZE)
        fd = self._readers[reader]
        skipped = min(self._skip.get(fd, 0), len(data))
        if skipped:
            self._skip[fd] -= skipped
        if data[skipped:]:
            self._chunks.append((fd, data[skipped:]))
        return not data

    def _has_more(self, reader: int) -> bool:
        try:
            return not self._is_at_end(reader)
        except BlockingIOError:
            return False


@dataclass(frozen=True)
class Command:
    """What to run: `fn` of the real module with its keyword arguments.

    `tees` maps names of streams to descriptors that stand for the run's output, `lent` to files of the run.
    """

    fn: Callable[..., Any]
    kwargs: Mapping[str, Any]
    tees: Mapping[str, int]
    lent: Mapping[str, Lent]

    @property
    def args(self) -> Any:
        return self.kwargs.get("args")

    @property
    def probe(self) -> Probe | None:
        """What to compare before the command is started a second time."""
        return Streams(self.lent) if self.lent else None

    def begin(self, tee: Tee) -> Any:
        """Call `fn` with pipes of `tee` for the streams that the child would inherit."""
        kwargs = dict(self.kwargs)
        for name, fd in self.tees.items():
            kwargs[name] = tee.pipe(fd)
        for name, file in self.lent.items():
            kwargs[name] = file.give()
        tee.start()
        given = (kwargs.pop("args"),) if "args" in kwargs else ()
        try:
            return self.fn(*given, **kwargs)
        finally:
            for file in self.lent.values():
                file.take_back()

    def perform(self, args: Any) -> tuple[Any, list[tuple[int, bytes]]]:
        """Run the command to its end (within a step); return what `fn` returned and the output."""
        tee = Tee()
        try:
            result = self.begin(tee)
        except BaseException as error:
            tee.finish()
            attach(error, tee.take())
            raise
        tee.finish()
        if isinstance(result, _real.CompletedProcess):
            result = (result.returncode, result.stdout, result.stderr)
        return result, tee.take()


def command_of(run: Run, fn: Callable[..., Any], popenargs: tuple[Any, ...], kwargs: dict[str, Any]) -> Command:
    """Return the command that the program asks for, with the defaults that a child gets from it."""
    merged = {**dict(zip(_POPEN_ARGUMENTS, popenargs, strict=False)), **kwargs}
    captured = {"stdout", "stderr"} if merged.get("capture_output") else set()
    if fn.__name__ == "check_output":
        captured.add("stdout")
    tees = {}
    for name, fd in (("stdout", 1), ("stderr", 2)):
        inherited = None if name in captured else _inherited(merged.get(name), fd)
        if inherited is not None:
            tees[name] = inherited
    if merged.get("stdin") is None and "input" not in merged and run.spec.stdin == "none":
        merged["stdin"] = _real.DEVNULL
    if merged.get("env") is None:
        environ = _program_environ()
        if environ is not None:
            merged["env"] = environ
    lent = {}
    for name in ("stdin", "stdout", "stderr"):
        file = lent_to_child(run, merged.get(name))
        if file is not None:
            lent[name] = file
    return Command(fn, merged, tees, lent)


def _inherited(value: Any, fd: int) -> int | None:
    """Return the descriptor of the program (1 or 2) that a child's stream goes to, None if it goes elsewhere."""
    if value is None:
        return fd
    if type(value) is int and value in (1, 2):
        return value
    if value is sys.stdout or value is sys.__stdout__:
        return 1
    if value is sys.stderr or value is sys.__stderr__:
        return 2
    return None


def _program_environ() -> dict[str, str] | None:
    """Return the program's environment if it has one of its own, None if it is the process's."""
    module = sys.modules.get("durable.stdlib_shims.os")
    environ = getattr(module, "environ", os.environ)
    return None if environ is os.environ and type(environ) is os._Environ else dict(environ)


def attach(error: BaseException, chunks: list[tuple[int, bytes]]) -> None:
    """Put output that a child wrote before `error` on the error, to be recorded with it."""
    if chunks:
        error.__dict__[_OUTPUT] = chunks


def emit(run: Run, chunks: list[Any], emitted: dict[int, int]) -> None:
    """Give a child's output to the run's, and count it in `emitted`."""
    for fd, data in chunks:
        emitted[fd] = emitted.get(fd, 0) + len(data)
        run.host.emit(fd, data)


def step(
    run: Run,
    command: Command,
    perform: Callable[[Any], Any],
    effect: str,
    callee: str,
    emitted: dict[int, int] | None = None,
    probe: Probe | None = None,
) -> Any:
    """Perform `perform`, which returns (value, chunks), as a step; emit the chunks and return the value."""
    count = {} if emitted is None else emitted
    try:
        value, chunks = run.step(perform, command.args, effect=effect, callee=callee, probe=probe)
    except BaseException as error:
        emit(run, error.__dict__.pop(_OUTPUT, []), count)
        if isinstance(error, _real.CalledProcessError | _real.TimeoutExpired):
            error.cmd = command.args
        raise
    emit(run, chunks, count)
    return value
