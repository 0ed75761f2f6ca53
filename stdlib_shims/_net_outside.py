"""The kernel's side of a run's socket: made within steps, made again after a crash where nobody can tell.

A listening or a datagram socket is bound again to the address that the program knows. A connection is lost with its
process: what was accepted has been hung up; what was opened is opened again if nothing was said on it yet.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket as _real
import stat
import threading
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.core.call import UNDONE, Settled, Site
from durable.runner.errors import ResourceLost

_Setup = tuple[str, tuple[Any, ...]]


class Outside:
    """One socket of the kernel. `live` is the object itself, made and used within steps, gone after a crash.

    `pending` is the address that a socket without a time-out is being connected with.
    """

    def __init__(self, family: int, kind: int, proto: int, site: Site) -> None:
        self.family = family
        self.kind = kind
        self.proto = proto
        self.site = site
        self.setup: list[_Setup] = []
        self.live: Any = None
        self.is_accepted = False
        self.is_used = False
        self.pending: Any = None
        self.is_released = False
        self._lock = context.unrecorded(threading.Lock)  # one of the process, for a step and the strands

    def begin(self, options: dict[tuple[int, int], Any]) -> Any:
        """Make the socket for the first time (within a step); return it."""
        self.is_released = False
        with context.outside():
            self.live = _real.socket(self.family, self.kind, self.proto)
        for (level, name), value in options.items():
            self.live.setsockopt(level, name, value)
        return self.live

    def connected(self, address: Any) -> None:
        """Remember the connection."""
        self.pending = None
        self.done("connect", address)

    def done(self, name: str, *args: Any) -> None:
        """Remember what is to be done again when the socket is made again."""
        self.setup.append((name, args))

    def revived(self) -> Any:
        """Return the live socket, made again if it was lost.

        Raise ResourceLost, what a hang-up raises, or OSError (EBADF) if it was closed, be it meanwhile.
        """
        with self._lock, context.outside():
            if self.live is None and not self.is_released:
                self.live = self._made_again()
            live = self.live
            if self.is_released or live is None:
                self.release()
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            return live

    def _made_again(self) -> Any:
        if self.is_accepted:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        if self.is_used:
            raise ResourceLost(
                f"{self.site.file}:{self.site.line}: the connection opened here was lost in a crash and cannot be "
                "opened again (something was said on it). Keep its whole use in one function marked `# durable: step`."
            )
        live = _real.socket(self.family, self.kind, self.proto)
        if self.pending is not None:
            live.setblocking(False)
            live.connect_ex(self.pending)
            return live
        try:
            if self.family != _real.AF_UNIX:
                live.setsockopt(_real.SOL_SOCKET, _real.SO_REUSEADDR, 1)
            for name, args in self.setup:
                if name == "bind":
                    remove_stale(args[0])
                getattr(live, name)(*args)
        except OSError as error:
            live.close()
            raise ResourceLost(
                f"{self.site.file}:{self.site.line}: the socket opened here was lost in a crash and cannot be opened "
                f"again: {error.strerror or error}"
            ) from error
        return live

    def call(self, name: str, args: tuple[Any, ...], timeout: float | None) -> Any:
        """Do `name` to the live socket, for at most `timeout` seconds (within a step)."""
        live = self.revived()
        live.settimeout(timeout)
        return getattr(live, name)(*args)

    def release(self) -> None:
        """Close the live socket, if this process has one."""
        self.is_released = True
        live, self.live = self.live, None
        if live is not None:
            with context.outside(), contextlib.suppress(OSError):
                live.close()


def remove_stale(address: Any) -> None:
    """Remove the file of a Unix socket that died with its process."""
    if isinstance(address, str | bytes) and address and address[:1] not in ("\0", b"\0"):
        with context.mending(), contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.lstat(address).st_mode):
                os.unlink(address)


class Bound:
    """Whether a Unix socket was bound in doubt: its file, if it was not there before, is removed; it is bound again."""

    def __init__(self, address: Any, exists: Callable[[Any], bool] = os.path.lexists) -> None:
        self._address = address
        self._exists = exists

    def note(self) -> Any:
        is_path = isinstance(self._address, str | bytes) and bool(self._address)
        return bool(is_path and self._exists(self._address))

    def settle(self, note: Any) -> Settled:
        if not note:
            remove_stale(self._address)
        return UNDONE
