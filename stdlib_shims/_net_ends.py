"""The sockets of a run: what the program can see of them, kept in the run.

Two ends within one run are joined here and nowhere else: what one sends the other receives, without a step, so a replay
joins them again. An end that others than the run can reach has an `Outside` besides (`_net_outside`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket as _real
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from durable.runner.errors import ResourceLost
from durable.runner.run import Run
from durable.stdlib_shims._net_outside import Outside

READ, WRITE = 1, 2
_ROOM = 1 << 22
"""Bytes that may be on their way to an end before its sender has to wait."""
_UNIX_ROOM = 200_000
_FIRST_NUMBER = 10_000
_FIRST_PORT = 41_000


class Waiter(Protocol):
    """Who waits for an end to become ready."""

    def wake(self) -> None:
        """Let it look again."""
        ...


@dataclass(eq=False)
class End:
    """One socket of a run. `error` is an errno that its next use raises; `seen` what the world said it is ready for.

    It `is_inner` once it was connected within the run, and for ever; `refs` counts the sockets that are the same end.
    """

    run: Run
    family: int
    kind: int
    proto: int
    number: int
    timeout: float | None = None
    name: Any = None
    peer_name: Any = None
    peer: End | None = None
    outside: Outside | None = None
    options: dict[tuple[int, int], Any] = field(default_factory=dict)
    is_bound: bool = False
    is_listening: bool = False
    is_connected: bool = False
    is_inner: bool = False
    is_closed: bool = False
    is_ended: bool = False
    is_muted: bool = False
    is_deaf: bool = False
    error: int = 0
    seen: int = 0
    refs: int = 1
    inbox: bytearray = field(default_factory=bytearray)
    incoming: deque[End] = field(default_factory=deque)
    letters: deque[tuple[bytes, Any]] = field(default_factory=deque)
    waiters: dict[Waiter, int] = field(default_factory=dict)

    @property
    def is_stream(self) -> bool:
        return self.kind != _real.SOCK_DGRAM

    @property
    def is_unix(self) -> bool:
        return self.family == _real.AF_UNIX

    def ready(self) -> int:
        """Return what can be done now without waiting: READ, WRITE, both or 0."""
        if self.error or self.is_closed or (self.is_deaf and self.is_muted):
            return READ | WRITE
        if self.is_listening:
            return READ if self.incoming or self.is_deaf or self.seen & READ else 0
        if not self.is_stream:
            return (READ if self.letters or self.seen & READ else 0) | WRITE
        if self.outside is not None and not self.is_inner:
            return self.seen
        reads = READ if self.inbox or self.is_ended or self.is_deaf else 0
        return reads | (WRITE if not self.is_connected or self.peer is None or self.peer.room() else 0)

    def room(self) -> int:
        """Return how many bytes can be sent to this end at present."""
        return max(0, (_UNIX_ROOM if self.is_unix else _ROOM) - len(self.inbox))

    def changed(self) -> None:
        """Wake who waits for what this end is ready for by now."""
        ready = self.ready()
        for waiter, wanted in list(self.waiters.items()):
            if ready & wanted:
                waiter.wake()

    def joined(self, other: End) -> None:
        """Connect this end with another one of the run."""
        self.peer, other.peer = other, self
        self.is_connected = other.is_connected = True
        self.is_inner = other.is_inner = True

    def fail(self) -> None:
        """Raise the error that the connection has met, once."""
        number, self.error = self.error, 0
        if number:
            raise OSError(number, os.strerror(number))

    # Streams

    def take(self, size: int, peek: bool = False) -> bytes:
        """Return up to `size` bytes that have arrived."""
        data = bytes(self.inbox[:size])
        if not peek:
            del self.inbox[:size]
            if self.peer is not None:
                self.peer.changed()
        return data

    def give(self, data: memoryview) -> int:
        """Send what there is room for to the other end; return its length."""
        peer = self.peer
        if self.is_muted or (peer is None and (self.is_unix or self.is_deaf)):
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if peer is None:
            self.is_deaf = True  # what is sent first after the other's end is answered with a reset
            return len(data)
        if peer.is_deaf:
            return len(data)
        size = min(len(data), peer.room())
        peer.inbox += data[:size]
        peer.changed()
        return size

    def mute(self) -> None:
        """Send no more: the other end finds the end of the stream."""
        self.is_muted = True
        if self.peer is not None:
            self.peer.is_ended = True
            self.peer.changed()

    # The end

    def close(self) -> None:
        """Close this end; the other one finds the end of the stream, or a reset if something was left unread."""
        if self.is_closed:
            return
        self.is_closed = True
        network = network_of(self.run)
        network.forget(self)
        for waiting in self.incoming:
            waiting.inbox += b"?"
            waiting.close()
        peer, self.peer = self.peer, None
        if peer is not None:
            peer.peer = None
            peer.is_ended = True
            if self.inbox:
                peer.error, peer.is_deaf = errno.ECONNRESET, True
            peer.changed()
        if self.outside is not None:
            self.outside.release()
        network.update()


class Network:
    """The ends of one run by number, those that can be found by address, and who looks at the outside for them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.by_number: dict[int, End] = {}
        self.found: list[End] = []
        self.update: Callable[[], None] = lambda: None
        self._number = _FIRST_NUMBER
        self._port = _FIRST_PORT
        hooks: list[Callable[[], None]] = run.local("step.hooks", list)
        hooks.append(self.open_again)

    def open_again(self) -> None:
        """Open the listening sockets that were lost in a crash, before a step that may speak to one (within it)."""
        for end in list(self.found):
            if end.is_listening and end.outside is not None and not end.outside.is_released:
                with contextlib.suppress(ResourceLost):  # who waits on it is told
                    end.outside.revived()

    def make(self, family: int, kind: int, proto: int, timeout: float | None) -> End:
        """Return a new end; its number is no descriptor of the process's."""
        self._number += 1
        end = self.by_number[self._number] = End(self.run, family, kind, proto, self._number, timeout)
        return end

    def forget(self, end: End) -> None:
        """Let no one find `end` any more."""
        self.by_number.pop(end.number, None)
        if end in self.found:
            self.found.remove(end)

    def invent_name(self, end: End, host: str) -> None:
        """Give an end that nobody bound the name that the other one sees."""
        if end.is_unix or end.is_bound:
            return
        self._port += 1
        end.name = (host, self._port) if end.family == _real.AF_INET else (host, self._port, 0, 0)

    def at(self, family: int, kind: int, address: Any) -> End | None:
        """Return the end of the run that a socket of `family` reaches at `address`, None if that is not the run's."""
        for end in self.found:
            if end.kind == kind and (end.is_listening or not end.is_stream) and _is_at(end, family, address):
                return end
        return None


def _is_at(end: End, family: int, address: Any) -> bool:
    if family == _real.AF_UNIX or end.is_unix:
        return end.family == family and _path(end.name) == _path(address)
    host, port = address[:2]
    if end.name is None or end.name[1] != port:
        return False
    if end.family == family:
        return end.name[0] == host or (end.name[0] in WILDCARDS and is_loopback(host))
    is_dual = end.family == _real.AF_INET6 and not end.options.get((_real.IPPROTO_IPV6, _real.IPV6_V6ONLY))
    return is_dual and end.name[0] == "::" and is_loopback(host)


def _path(name: Any) -> Any:
    if isinstance(name, bytes) and name[:1] == b"\0":
        return name
    return os.path.abspath(os.fsdecode(name)) if isinstance(name, str | bytes) and name else None


WILDCARDS = ("0.0.0.0", "::", "")


def is_loopback(host: str) -> bool:
    """Say whether an address in numbers is this machine's own (a connection to the wildcard goes there as well)."""
    return host.startswith("127.") or host in ("::1", *WILDCARDS)


def network_of(run: Run) -> Network:
    """Return the network of `run`."""
    return run.local("socket.network", lambda: Network(run))
