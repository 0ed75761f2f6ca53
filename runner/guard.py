"""The guard: stops an effect that a strand attempts outside a step, before it happens (promise 9).

Python's audit events (PEP 578) are raised by the interpreter just before a file is opened, a socket connects or a
process starts, wherever in Python or C that is.
"""

from __future__ import annotations

import os
import sys
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from durable.runner import context
from durable.runner.errors import EffectOutsideStep, UnsafeRecord

if TYPE_CHECKING:
    from durable.runner.run import Run

_OF_CLIENTS = frozenset(
    """ftplib.connect imaplib.open poplib.connect smtplib.connect telnetlib.Telnet.open nntplib.connect
    http.client.connect""".split()
)
"""Events whose first argument is the client that connects."""
_EVENTS = _OF_CLIENTS | frozenset(
    """open socket.connect socket.bind socket.sendto socket.sendmsg socket.getaddrinfo socket.gethostbyname
    socket.gethostbyaddr subprocess.Popen os.system os.exec os.posix_spawn os.spawn os.fork os.forkpty os.mkdir
    os.remove os.rename os.rmdir os.link os.symlink os.truncate os.chmod os.chown os.utime os.listdir os.scandir os.kill
    os.killpg os.setxattr os.removexattr os.lockf sqlite3.connect
    fcntl.flock fcntl.fcntl fcntl.lockf fcntl.ioctl signal.pthread_kill syslog.syslog
    webbrowser.open pty.spawn mmap.__new__""".split()
)
_MACHINERY = frozenset(
    {"<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>", "<frozen zipimport>"}
)
_MACHINERY_MODULES = frozenset(
    """linecache tokenize importlib.metadata encodings pkgutil inspect gettext
    durable.runner.program.tracebacks""".split()
)
_installed = False


def install() -> None:
    """Add the audit hook to this process (once; an audit hook cannot be removed)."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event not in _EVENTS:
        return
    if _loading.is_on and not _only_looks(event, args):
        raise UnsafeRecord(f"a record wants {event} {_shown(args)} to happen while it is loaded")
    if context.current() is None or _shows_source(event, args):
        return
    frame: types.FrameType | None = sys._getframe(1)
    if _is_machinery(frame):
        return
    run = context.current()
    assert run is not None
    if event in _OF_CLIENTS and _stays_within(run, args):
        return
    if run.host.is_past and _only_looks(event, args):
        return  # it was not attempted when this moment was recorded: a library looks up what it keeps per process
    site = run.sites.dynamic(frame, event, "write")
    raise run.violated(EffectOutsideStep(site, f"{event} {_shown(args)}"))


class _Loading(threading.local):
    is_on = False


_loading = _Loading()


@contextmanager
def loading() -> Iterator[None]:
    """Inside the block this thread loads a record: what its classes do is no step, and no effect is let through."""
    before, _loading.is_on = _loading.is_on, True
    try:
        with context.outside():
            yield
    finally:
        _loading.is_on = before


def _shows_source(event: str, args: tuple[Any, ...]) -> bool:
    """Say whether the interpreter opens a file for the line of a syntax error:."""
    return event == "open" and args[1:] == ("rb", 0)


def _stays_within(run: Run, args: tuple[Any, ...]) -> bool:
    """Say whether a client connects to a server of the run's own, or within a call that does: its sockets tell."""
    strand = run.scheduler.current
    if strand is not None and strand.local.get("within"):
        return True
    return run.stays_within(type(args[0]), args, {})


def _is_machinery(frame: types.FrameType | None) -> bool:
    """Say whether an import or a source look-up is at work: it reads files, but it is not the program's doing."""
    while frame is not None:
        if frame.f_code.co_filename in _MACHINERY or frame.f_globals.get("__name__") in _MACHINERY_MODULES:
            return True
        frame = frame.f_back
    return False


def _only_looks(event: str, args: tuple[Any, ...]) -> bool:
    if event == "open":
        return not args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    return event in ("os.listdir", "os.scandir")


def _shown(args: tuple[Any, ...]) -> str:
    return ", ".join(repr(arg)[:80] for arg in args[:2])
