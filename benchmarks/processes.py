"""Servers and timed commands: each is a process of ours, ended by its own handle."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from contestants.protocol import Command

PATIENCE = 300.0
POLL = 0.002


class TooSlow(Exception):
    """Something that was waited for did not come."""


class CommandFailed(Exception):
    """A contestant's process ended with an error; says which and the end of what it wrote."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def can_import(python: str, module: str) -> str | None:
    """None when that Python has the module, otherwise what to do."""
    with suppress(OSError):
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0:
            return None
    return f"{python} cannot import {module} (--peers-python PATH, see benchmarks/README.md)"


@contextmanager
def server(
    command: list[str], log: Path, port: int, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The running server, listening on `port`; its output goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for_port(process, port, log)
            yield process
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and what it started: politely, and after ten seconds for good."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process and to all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            raise CommandFailed(f"server ended with {process.returncode}:\n{tail(log)}")
        time.sleep(POLL)
    raise TooSlow(f"no server on port {port} after {PATIENCE} s")


def wait_for_page(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(URLError, OSError), urlopen(url, timeout=1):
            return
        time.sleep(POLL)
    raise TooSlow(f"{url} does not answer after {PATIENCE} s")


def tail(log: Path, lines: int = 25) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def started(command: Command, typed: str | None = None) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The running process and the log of its output; without `typed` its standard input stays open and silent."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "output.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command.arguments,
                env=os.environ | command.environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        assert process.stdin is not None
        with process.stdin:
            try:
                if typed is not None:
                    process.stdin.write(typed.encode())
                    process.stdin.close()
                yield process, log
            finally:
                kill(process)


def seconds(command: Command, typed: str = "") -> float:
    """How long the command takes, from its start to its exit; raises CommandFailed when it does not exit with 0."""
    start = time.perf_counter()
    with started(command, typed) as (process, log):
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise TooSlow(f"{' '.join(command.arguments)} takes more than {PATIENCE} s:\n{tail(log)}") from None
        taken = time.perf_counter() - start
        if code != 0:
            raise CommandFailed(f"{' '.join(command.arguments)} exited with {code}:\n{tail(log)}")
    return taken


def kill_at(command: Command, ledger: Path, lines: int) -> None:
    """Starts the command and kills it (SIGKILL) as soon as the ledger has that many lines, which is before it ends."""
    with started(command) as (process, log):
        deadline = time.monotonic() + PATIENCE
        while len(entries(ledger)) < lines and process.poll() is None:
            if time.monotonic() > deadline:
                raise TooSlow(f"{lines} lines did not come within {PATIENCE} s:\n{tail(log)}")
            time.sleep(POLL)
        kill(process)
        if process.returncode != -signal.SIGKILL:
            raise CommandFailed(f"{' '.join(command.arguments)} ended with {process.returncode}:\n{tail(log)}")


def entries(ledger: Path) -> list[str]:
    """The complete lines of the ledger, none when nothing was written yet."""
    with suppress(FileNotFoundError):
        return [line for line in ledger.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return []
