"""Sockets of a run: connections within it are joined in the run, all others are made and used by steps.

The methods of the real class are replaced in place, so that its subclasses, and libraries that call it, serve runs too.
A listening socket is opened again after a crash, at the address that the program saw.
"""

from __future__ import annotations

import errno
import functools
import os
import socket as _real
import sys
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.errors import RefusedCall
from durable.runner.run import Run
from durable.stdlib_shims import _net_clients
from durable.stdlib_shims import _net_connecting as _connecting
from durable.stdlib_shims import _net_talking as _talking
from durable.stdlib_shims._inline import mark
from durable.stdlib_shims._leaf import constant, leaf, stand_for
from durable.stdlib_shims._net_ends import End, network_of
from durable.stdlib_shims._net_objects import attach, detached, end_of, leave
from durable.stdlib_shims._net_options import getsockopt, setsockopt

_Socket: Any = _real.socket
_new, _init, _close, _dup = _Socket.__new__, _Socket.__init__, _real.close, _real.dup
_socketpair: Any = _real.socketpair
_getaddrinfo: Any = _real.getaddrinfo
_FAMILIES = (_real.AF_INET, _real.AF_INET6, _real.AF_UNIX)
_KINDS = (_real.SOCK_STREAM, _real.SOCK_DGRAM)
_FLAGS = _real.SOCK_NONBLOCK | _real.SOCK_CLOEXEC
_FIX = "use it outside of steps; TLS is durable for connections to the outside only"
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo", "getservbyname")
_LOOKUPS_OF_NAMES = ("getservbyport", "getprotobyname", "if_nameindex", "if_nametoindex", "if_indextoname")


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


# Making


def _made(cls: Any, family: Any = -1, type: Any = -1, proto: Any = -1, fileno: Any = None) -> Any:
    run = context.current()
    if run is None or _is_known(family, type, fileno):
        return _new(cls, family, type, proto, fileno)
    make = functools.partial(cls, family, type, proto, fileno)
    return run.step(make, effect="open", callee="socket.socket")


def _is_known(family: Any, kind: Any, fileno: Any) -> bool:
    """Say whether a run has sockets of this kind by itself; others are resources, whose every use is a step."""
    if fileno is not None:
        return True
    return family in (-1, *_FAMILIES) and (kind == -1 or int(kind) & ~_FLAGS in _KINDS)


def _begin(self: Any, family: Any = -1, type: Any = -1, proto: Any = -1, fileno: Any = None) -> None:
    run = context.current()
    if run is None or not _is_known(family, type, fileno):
        _init(self, family, type, proto, fileno)
        return
    if self.__class__.__module__ == "ssl":
        raise RefusedCall("TLS over a socket of the run", run.sites.dynamic(sys._getframe(1), "ssl", "refused"), _FIX)
    network = network_of(run)
    if fileno is None:
        kind = _real.SOCK_STREAM if type == -1 else int(type)
        timeout = 0.0 if kind & _real.SOCK_NONBLOCK else _real.getdefaulttimeout()
        end = network.make(_real.AF_INET if family == -1 else int(family), kind & ~_FLAGS, max(0, int(proto)), timeout)
    else:
        end = _taken(run, fileno)
    self._io_refs = 0
    self._closed = False
    attach(self, end)


def _taken(run: Run, number: Any) -> End:
    """Return the end that bears `number`."""
    if not isinstance(number, int):
        raise TypeError(f"'{type(number).__name__}' object cannot be interpreted as an integer")
    if number < 0:
        raise ValueError("negative file descriptor")
    end = network_of(run).by_number.get(number)
    if end is None:
        site = run.sites.dynamic(None, "socket.socket(fileno=…)", "refused")
        raise RefusedCall("socket.socket(fileno=…)", site, "a descriptor that another process gave cannot be kept")
    return end


# Methods


_OF_ANY_STATE = frozenset({"gettimeout", "getblocking"})
"""Methods that closed sockets have."""
_OF_THE_OBJECT = frozenset({"settimeout", "setblocking", "gettimeout", "getblocking"})
"""Methods that ask nothing of the connection."""
_OF_THE_RUN = frozenset({"getsockname", "getpeername"})
"""Methods whose answer the run knows."""


def _dispatcher(name: str, inside: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that serves the sockets of runs by `inside(end, …)` and others as before."""
    plain = getattr(_Socket, name)

    @functools.wraps(plain)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        end = end_of(self)
        if end is None:
            return plain(self, *args, **kwargs)
        if end.is_closed and name not in _OF_ANY_STATE:
            if name == "fileno":
                return -1
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if context.current() is not end.run and name not in _OF_THE_OBJECT:
            return _within_a_step(end, name, args, kwargs)
        return inside(end, *args, **kwargs)

    return method


def _within_a_step(end: End, name: str, args: Any, kwargs: Any) -> Any:
    """Use the live socket: a step was given it. What is joined within the run has none."""
    if name in _OF_THE_RUN:
        return _METHODS[name](end, *args, **kwargs)
    if end.is_inner or end.is_listening or end.outside is None:
        site = end.run.sites.dynamic(sys._getframe(2), f"socket.socket.{name}", "refused")
        raise RefusedCall(f"a step that uses a listening socket, or both ends of a connection ({name}),", site, _FIX)
    end.outside.is_used |= name.startswith(("send", "recv"))
    return getattr(end.outside.revived(), name)(*args, **kwargs)


def _property(name: str, inside: Callable[[End], Any]) -> property:
    plain = getattr(_Socket, name)

    def value(self: Any) -> Any:
        end = end_of(self)
        return plain.__get__(self) if end is None else inside(end)

    return property(value, doc=plain.__doc__)


def _settimeout(end: End, value: Any, /) -> None:
    seconds = None if value is None else float(value)
    if seconds is not None and seconds < 0:
        raise ValueError("Timeout value out of range")
    end.timeout = seconds


def _setblocking(end: End, flag: Any, /) -> None:
    end.timeout = None if flag else 0.0


def _getpeername(end: End) -> Any:
    if end.peer_name is None:
        _connecting.fail(errno.ENOTCONN)
    return end.peer_name


_METHODS: dict[str, Callable[..., Any]] = {
    "_accept": _connecting.accept,
    "bind": _connecting.bind,
    "connect": _connecting.connect,
    "connect_ex": _connecting.connect_ex,
    "fileno": lambda end: end.number,
    "getblocking": lambda end: end.timeout != 0,
    "getpeername": _getpeername,
    "getsockname": _connecting.name_of,
    "getsockopt": getsockopt,
    "gettimeout": lambda end: end.timeout,
    "listen": _connecting.listen,
    "recv": _talking.recv,
    "recv_into": _talking.recv_into,
    "recvfrom": _talking.recvfrom,
    "recvfrom_into": _talking.recvfrom_into,
    "recvmsg": _talking.recvmsg,
    "recvmsg_into": _talking.recvmsg_into,
    "send": _talking.send,
    "sendall": _talking.sendall,
    "sendmsg": _talking.sendmsg,
    "sendto": _talking.sendto,
    "setblocking": _setblocking,
    "setsockopt": setsockopt,
    "settimeout": _settimeout,
    "shutdown": _talking.shutdown,
}


def _real_close(self: Any, _ss: Any = _Socket.__mro__[1]) -> None:
    end = end_of(self)
    if end is None:
        _plain_close(self, _ss)
    elif not end.is_closed:
        leave(end)
        detached(self)


_plain_close = _Socket._real_close


@functools.wraps(_Socket.detach)
def _detach(self: Any) -> int:
    end = end_of(self)
    if end is None:
        return int(_plain_detach(self))
    if context.current() is not end.run:
        return int(_within_a_step(end, "detach", (), {}))
    self._closed = True
    return detached(self)


_plain_detach = _Socket.detach


@functools.wraps(_Socket.dup)
def _copy(self: Any) -> Any:
    end = end_of(self)
    if end is None:
        return _plain_copy(self)
    copy = self.__class__(self.family, self.type, self.proto, fileno=end.number)
    end.refs += 1
    return copy


_plain_copy = _Socket.dup


@functools.wraps(_Socket.sendfile)
def _sendfile(self: Any, file: Any, offset: int = 0, count: int | None = None) -> Any:
    if end_of(self) is None:
        return _plain_sendfile(self, file, offset, count)
    return self._sendfile_use_send(file, offset, count)


_plain_sendfile = _Socket.sendfile


# Functions of the module


@functools.wraps(_socketpair)
def socketpair(family: Any = None, type: Any = _real.SOCK_STREAM, proto: int = 0) -> Any:
    run = context.current()
    if run is None:
        return _socketpair(family, type, proto)
    kind = int(type)
    one, other = _connecting.pair(run, _real.AF_UNIX if family is None else int(family), kind & ~_FLAGS, proto)
    if kind & _real.SOCK_NONBLOCK:
        one.timeout = other.timeout = 0.0
    return tuple(_Socket(end.family, end.kind, end.proto, fileno=end.number) for end in (one, other))


def _numeric_first(looked_up: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `getaddrinfo` that asks nobody about an address in numbers."""

    @functools.wraps(_getaddrinfo)
    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        is_plain = isinstance(port, int) and isinstance(host, str) and bool(host)
        families = (_real.AF_INET, _real.AF_INET6)
        if context.current() is not None and is_plain and any(_connecting.is_numeric(one, host) for one in families):
            return context.unrecorded(_getaddrinfo, host, port, family, type, proto, flags)
        return looked_up(host, port, family, type, proto, flags)

    return getaddrinfo


getaddrinfo = _numeric_first(leaf(_getaddrinfo, "read", "socket.getaddrinfo"))
gethostname = constant(_real.gethostname, "socket.gethostname")


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    real: Any = _real
    if "__durable_shim__" in vars(_Socket):
        return
    for name, inside in _METHODS.items():
        setattr(_Socket, name, _dispatcher(name, inside))
    _Socket.family = _property("family", lambda end: _real.AddressFamily(end.family))
    _Socket.type = _property("type", lambda end: _real.SocketKind(end.kind))
    _Socket.proto = _property("proto", lambda end: end.proto)
    _Socket.timeout = _property("timeout", lambda end: end.timeout)
    _Socket._real_close, _Socket.detach, _Socket.dup, _Socket.sendfile = _real_close, _detach, _copy, _sendfile
    _Socket.__new__, _Socket.__init__ = _made, functools.wraps(_init)(_begin)
    stand_for(_made, _init)
    _Socket.__durable_shim__ = True
    mark(real, ("create_connection", "create_server", "getfqdn", "fromfd", "has_dualstack_ipv6"))
    for name in (*_LOOKUPS, *_LOOKUPS_OF_NAMES):
        setattr(real, name, leaf(getattr(real, name), "read", f"socket.{name}"))
    real.getaddrinfo, real.gethostname, real.socketpair = getaddrinfo, gethostname, socketpair


def prepare(run: Run) -> None:
    """Let the clients of `run` that speak to its own servers do so within it."""
    _net_clients.prepare(run)
