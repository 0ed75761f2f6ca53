"""Options of a run's sockets: tried on a socket of their own, kept with the end, given to the kernel's side."""

from __future__ import annotations

import errno
import os
import socket as _real
from typing import Any

from durable.runner import context
from durable.stdlib_shims._net_ends import End
from durable.stdlib_shims._refused import refuse


def setsockopt(end: End, level: int, optname: int, value: Any = 0, optlen: int | None = None) -> None:
    """Set an option. Raise what the kernel says of it."""
    if value is None:
        refuse("a socket option without a value", "give it a value")
    with context.outside(), _real.socket(end.family, end.kind, end.proto) as tried:
        tried.setsockopt(level, optname, value)
    end.options[level, optname] = bytes(value) if isinstance(value, bytes | bytearray | memoryview) else int(value)
    outside = end.outside
    if outside is None:
        return
    outside.done("setsockopt", level, optname, value)
    if outside.live is not None:
        with context.outside():
            outside.live.setsockopt(level, optname, value)


def getsockopt(end: End, level: int, optname: int, buflen: int = 0) -> Any:
    """Return an option: the error of the connection, or what the kernel makes of the options that were set."""
    if (level, optname) == (_real.SOL_SOCKET, _real.SO_ERROR):
        return _error(end)
    if (level, optname) == (_real.SOL_SOCKET, _real.SO_ACCEPTCONN):
        return int(end.is_listening)

    def look() -> Any:
        with _real.socket(end.family, end.kind, end.proto) as tried:
            for (each, name), value in end.options.items():
                tried.setsockopt(each, name, value)
            found = tried.getsockopt(level, optname, buflen) if buflen else tried.getsockopt(level, optname)
        return found.hex() if isinstance(found, bytes) else found

    found = end.run.ambient("socket.getsockopt", lambda: _tried(look))
    if isinstance(found, list):
        raise OSError(found[0], os.strerror(found[0]))
    return bytes.fromhex(found) if isinstance(found, str) else found


def _tried(look: Any) -> Any:
    try:
        return look()
    except OSError as error:
        return [error.errno or errno.EINVAL]


def _error(end: End) -> int:
    number, end.error = end.error, 0
    outside = end.outside
    if number or outside is None or end.is_inner or end.is_listening or not end.is_stream:
        return number
    ask = (_real.SOL_SOCKET, _real.SO_ERROR)
    found: int = end.run.step(outside.call, "getsockopt", ask, end.timeout, effect="read", callee="socket.getsockopt")
    if found == 0 and not end.is_connected:
        end.is_connected = True
        outside.connected(outside.pending)
        names = end.run.step(_names, outside, effect="read", callee="socket.getpeername")
        end.name, end.peer_name = (tuple(item) if isinstance(item, list) else item for item in names)
    return found


def _names(outside: Any) -> list[Any]:
    live = outside.revived()
    try:
        return [live.getsockname(), live.getpeername()]
    except OSError:
        return [live.getsockname(), None]
