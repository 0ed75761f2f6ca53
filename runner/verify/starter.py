"""Starts durable's processes for `durable verify` by forking one that has imported durable already.

Run as `python -m durable.runner.verify.starter FD [LIBRARY …]`; the libraries are imported too, and if that starts a
thread or warns of something it ends with exit code 3: that cannot be inherited. A request is a datagram on the socket
FD with five descriptors: the request as JSON in a file, the three standard streams, and a pipe. To the pipe go the
process's number, then its status as `waitpid` tells it, a line each. A process so started differs from `durable` in
nothing but its start: the arguments, environment, directory and streams are those of the request, and nothing has
looked at them before.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
import warnings
from typing import Any, NoReturn

from durable.__main__ import main as command_line
from durable.runner.cli.app import load_commands
from durable.runner.local import crash
from durable.runner.local.session import install_leaves

DESCRIPTORS = 5


def serve(requests: socket.socket) -> None:
    """Serve requests until the other end is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, fds, _, _ = socket.recv_fds(requests, 1, DESCRIPTORS)
        if not data:
            return
        if os.fork() == 0:
            requests.close()
            _attend(fds)
        for fd in fds:
            os.close(fd)


def _attend(fds: list[int]) -> NoReturn:
    """Start the process of one request, wait for it and tell its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told = fds[-1]
    pid = os.fork()
    if pid == 0:
        _become(*fds)
    for fd in fds[:-1]:
        os.close(fd)
    for fd in range(3):  # lest their readers wait for this process too
        os.close(fd)
    os.write(told, f"{pid}\n".encode())
    os.write(told, f"{os.waitpid(pid, 0)[1]}\n".encode())
    os._exit(0)


def _become(described: int, stdin: int, stdout: int, stderr: int, told: int) -> NoReturn:
    for number, fd in enumerate((stdin, stdout, stderr)):
        os.dup2(fd, number)
        os.close(fd)
    os.close(told)
    with open(described, encoding="utf-8") as file:
        asked: dict[str, Any] = json.load(file)
    _enter(asked["directory"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["durable", *asked["arguments"]]
    sys.orig_argv = [sys.executable, "-m", "durable", *asked["arguments"]]
    crash.arm()
    try:
        command_line()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)  # not reached but by an error of durable's own: the command line ends the process


def _enter(directory: str) -> None:
    """Change to `directory`, and have what PYTHONPATH names where an interpreter that starts there has it."""
    started = os.getcwd()
    os.chdir(directory)
    for part in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        if not os.path.isabs(part):
            there, here = os.path.join(started, part).rstrip("/"), os.path.join(directory, part).rstrip("/")
            sys.path = [here if os.path.normpath(entry) == os.path.normpath(there) else entry for entry in sys.path]


def _imported(names: list[str]) -> bool:
    """Import the libraries; return whether a process forked from this one is as one that has imported them itself."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for name in names:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    return not heard and len(os.listdir("/proc/self/task")) == 1


def main() -> None:
    """Serve until nobody is left to ask."""
    load_commands()
    importlib.import_module("durable.transpiler.pipeline")
    install_leaves()
    if not _imported(sys.argv[2:]):
        sys.exit(3)
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    serve(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
