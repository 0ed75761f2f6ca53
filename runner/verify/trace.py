"""Effects seen by the interpreter's audit events, one JSON line each: what a program did, plain or durable.

Written with one `write` to an append-only file, so that a killed process loses none. In a durable run a line also
carries the step that did it and the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

VARIABLE = "DURABLE_TRACE"
_SIMPLE = frozenset(
    """os.mkdir os.remove os.rename os.rmdir os.link os.symlink os.chmod os.truncate os.system subprocess.Popen
    os.kill""".split()
)

_TOOLS = frozenset({"os", "shutil", "tempfile"})
_BETWEEN = frozenset(
    f"multiprocessing.{name}" for name in ("util", "heap", "connection", "popen_fork", "forkserver", "shared_memory")
)


def install(step_of: Callable[[], int | None]) -> None:
    """Trace this process if the environment asks for it; `step_of()` gives the running step's number or None."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.set_inheritable(fd, False)

    servers = _Servers()

    def audit(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.bind":
            servers.add(args[0])
        if event not in _SIMPLE and not event.endswith(".send"):
            return
        step = step_of()
        if event == "os.system":  # which the shim does as a child process, to have its output
            event, args = "subprocess.Popen", ("/bin/sh", ["/bin/sh", "-c", os.fsdecode(args[0])])
        is_nothing = step is None or _is_own_doing(sys._getframe(1)) or servers.has_peer_of(args[:1])
        what = None if is_nothing else described(event, args)
        if what is not None:
            os.write(fd, (json.dumps([step, os.getpid(), event, what]) + "\n").encode())

    sys.addaudithook(audit)


def _is_own_doing(frame: types.FrameType) -> bool:
    return _is_between_processes(frame) or _is_search(frame)


class _Servers:
    """The sockets that this process has bound: what is sent to one of them stays within the program."""

    def __init__(self) -> None:
        self._bound: list[Any] = []

    def add(self, sock: Any) -> None:
        with contextlib.suppress(TypeError):
            self._bound.append(weakref.ref(sock))

    def has_peer_of(self, args: tuple[Any, ...]) -> bool:
        """Say whether the client in `args` is connected with one of them."""
        client = getattr(args[0], "sock", None) if args else None
        if client is None or not self._bound:
            return False
        with contextlib.suppress(OSError, AttributeError):
            peer = client.getpeername()
            return any(_is_bound_to(ref(), peer) for ref in self._bound)
        return False


def _is_bound_to(sock: Any, address: Any) -> bool:
    with contextlib.suppress(OSError, AttributeError):
        name = sock.getsockname()
        return name == address or (name[0] in ("0.0.0.0", "::") and name[1] == address[1])
    return False


def _is_search(frame: types.FrameType | None) -> bool:
    """Say whether a library looks about: `ctypes.util` for another, `tempfile` for a folder, once in a process."""
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if module == "ctypes.util" or (module == "tempfile" and frame.f_code.co_name == "_get_default_tempdir"):
            return True
        frame = frame.f_back
    return False


def _is_between_processes(frame: types.FrameType | None) -> bool:
    """Say whether `multiprocessing` does it to reach its own processes: a socket's name, shared memory, a signal."""
    while frame is not None and frame.f_globals.get("__name__") in _TOOLS:
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") in _BETWEEN


def described(event: str, args: tuple[Any, ...]) -> str | None:
    """Return the traced text of an audit event, None for one that changes nothing."""
    if event == "http.client.send":
        return _request_line(args[1])
    if event == "smtplib.send":
        return _mail_line(args[1])
    if event == "subprocess.Popen":
        return repr(args[1])
    if event == "os.kill" and args[0] == os.getpid():
        return None  # a signal to the program itself, which a run delivers without the system
    return repr([arg for arg in args if isinstance(arg, str | bytes)]) if event in _SIMPLE else None


def _request_line(data: Any) -> str | None:
    line = bytes(data).partition(b"\r\n")[0].decode("latin-1") if isinstance(data, bytes | bytearray) else ""
    is_write = line.endswith(("HTTP/1.1", "HTTP/1.0")) and not line.startswith(("GET ", "HEAD ", "OPTIONS "))
    return line if is_write else None


def _mail_line(data: Any) -> str | None:
    text = data if isinstance(data, str) else bytes(data).decode("latin-1")
    return text.strip() if text[:9].lower() in ("mail from", "rcpt to:<") else None


PLAIN_HOOK = """\
# Traces a plain run; put first on PYTHONPATH by `durable verify`.
import importlib.machinery, importlib.util, os, sys

def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

sys.path.remove({folder!r})
other = importlib.machinery.PathFinder.find_spec("sitecustomize")
if other is not None:
    load("_sitecustomize", other.origin)
trace = load("_durable_trace", {source!r})
trace.install(lambda: 0)
os.environ.pop(trace.VARIABLE, None)
os.environ.pop("PYTHONPATH", None)
"""
