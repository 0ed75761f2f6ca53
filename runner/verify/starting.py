"""The processes of durable that a verification needs by the hundred, each forked from one that has imported it all."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

from durable.runner.errors import DurableError

TIMEOUT = 600
"""Seconds that any one process of a verification may take."""
_CHUNK = 1 << 16

Done = subprocess.CompletedProcess[bytes]


class Starter:
    """Starts `durable ARGUMENTS` as `subprocess.run` would, many times faster. Any thread may ask."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._lock = threading.Lock()

    def durable(self, arguments: list[str], directory: Path, env: dict[str, str], given: bytes) -> Done:
        """Run a command with `given` on its standard input. Raise DurableError if it does not end in time."""
        with contextlib.ExitStack() as ours:
            with contextlib.ExitStack() as theirs:
                pipes = [_pipe(ours, theirs, is_input) for is_input in (True, False, False, False)]
                asked = theirs.enter_context(tempfile.TemporaryFile())
                request: dict[str, Any] = {"arguments": arguments, "directory": str(directory), "environment": env}
                asked.write(json.dumps(request).encode())
                asked.seek(0)
                self._ask([asked.fileno(), *(end.fileno() for _, end in pipes)])
            sink, *sources = (end for end, _ in pipes)
            texts = _talk(sink, given, sources)
        words = texts[2].split()
        if len(words) < 2:
            if words:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(words[0]), signal.SIGKILL)
            raise DurableError(f"durable {shlex.join(arguments)} did not end within {TIMEOUT} s")
        code = os.waitstatus_to_exitcode(int(words[1]))
        return subprocess.CompletedProcess(["durable", *arguments], code, texts[0], texts[1])

    def _ask(self, ends: list[int]) -> None:
        try:
            with self._lock:
                socket.send_fds(self._requests, [b"+"], ends)
        except OSError as error:
            raise DurableError(f"the process that starts the runs is gone: {error.strerror}") from error


def _pipe(ours: contextlib.ExitStack, theirs: contextlib.ExitStack, is_input: bool) -> tuple[FileIO, FileIO]:
    """Return a new pipe's end of ours and theirs."""
    reading, writing = os.pipe()
    ends = FileIO(reading, "r"), FileIO(writing, "w")
    mine, other = reversed(ends) if is_input else ends
    return ours.enter_context(mine), theirs.enter_context(other)


def _talk(sink: FileIO, given: bytes, sources: list[FileIO]) -> list[bytes]:
    """Write `given` to `sink` while reading `sources` to their ends; what was read, also if the time is over."""
    texts = {source: bytearray() for source in sources}
    end = time.monotonic() + TIMEOUT
    with selectors.DefaultSelector() as waiting:
        for source in sources:
            waiting.register(source, selectors.EVENT_READ)
        os.set_blocking(sink.fileno(), False)
        waiting.register(sink, selectors.EVENT_WRITE)
        while waiting.get_map() and (left := end - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                if key.fileobj is sink:
                    given = _rest(sink, given)
                    is_over = not given
                else:
                    data = os.read(key.fd, _CHUNK)
                    texts[key.fileobj] += data  # type: ignore[index]
                    is_over = not data
                if is_over:
                    waiting.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
    return [bytes(text) for text in texts.values()]


def _rest(sink: FileIO, given: bytes) -> bytes:
    """Write what the pipe takes; return what is left, nothing if nobody reads it."""
    try:
        return given[os.write(sink.fileno(), given) :] if given else b""
    except BrokenPipeError:
        return b""


@contextlib.contextmanager
def starter(env: dict[str, str], libraries: Sequence[str] = ()) -> Iterator[Starter]:
    """A starter whose interpreter starts with `env`; each request has an environment of its own besides.

    It has imported `libraries` already if they can be inherited.
    """
    started = (_started(env, libraries) if libraries else None) or _started(env, ())
    if started is None:
        raise DurableError("the process that starts the runs of a verification ended at once")
    ours, process = started
    with ours:
        try:
            yield Starter(ours)
        finally:
            ours.close()
            process.communicate()


def _started(env: dict[str, str], libraries: Sequence[str]) -> tuple[socket.socket, subprocess.Popen[bytes]] | None:
    """Start the interpreter and wait until it is ready; None if it ended before."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "durable.runner.verify.starter", str(theirs.fileno()), *libraries],
            cwd=os.path.dirname(sys.executable),
            env=env,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if libraries else None,
        )
    assert process.stdout is not None
    if process.stdout.readline() == b"ready\n":
        return ours, process
    ours.close()
    process.communicate()
    return None
