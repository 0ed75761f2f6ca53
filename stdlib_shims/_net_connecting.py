"""How the ends of a run come by their addresses and connections: bind, listen, accept, connect."""

from __future__ import annotations

import errno
import os
import socket as _real
import sys
from typing import Any, NoReturn

from durable.runner.run import Run
from durable.stdlib_shims._net_ends import READ, WILDCARDS, End, network_of
from durable.stdlib_shims._net_outside import Bound, Outside
from durable.stdlib_shims._net_waiting import wait_until
from durable.stdlib_shims._probes import REPEAT

_getaddrinfo, _inet_pton = _real.getaddrinfo, _real.inet_pton
_getdefaulttimeout = _real.getdefaulttimeout
_ANY: dict[int, Any] = {_real.AF_INET: ("0.0.0.0", 0), _real.AF_INET6: ("::", 0, 0, 0), _real.AF_UNIX: ""}
LOOPBACK: dict[int, str] = {_real.AF_INET: "127.0.0.1", _real.AF_INET6: "::1"}


def fail(number: int) -> NoReturn:
    """Raise the OSError of an errno."""
    raise OSError(number, os.strerror(number))


def outside_of(end: End, callee: str) -> Outside:
    """Return the kernel's side of `end`, made when it is first used."""
    if end.outside is None:
        site = end.run.sites.dynamic(sys._getframe(1), callee, "open")
        return Outside(end.family, end.kind, end.proto, site)
    return end.outside


def is_numeric(family: int, host: str) -> bool:
    """Say whether `host` needs no look-up."""
    try:
        _inet_pton(family, host.partition("%")[0])
    except (OSError, ValueError):
        return host == ""
    return True


def resolved(end: End, address: Any) -> Any:
    """Return `address` in numbers. Raise what the real call raises for what is no address."""
    if end.is_unix:
        return address
    if not isinstance(address, tuple) or not 2 <= len(address) <= 4:
        _complain(end, address)
    host, port, *rest = address
    host = host.decode() if isinstance(host, bytes | bytearray) else host
    if not isinstance(host, str) or not isinstance(port, int) or not 0 <= port <= 65535:
        _complain(end, address)
    if is_numeric(end.family, host):
        return (host or _ANY[end.family][0], port, *rest)
    step = end.run.step
    found = step(_getaddrinfo, host, port, end.family, end.kind, effect="read", callee="socket.getaddrinfo")
    return tuple(found[0][4])


def _complain(end: End, address: Any) -> NoReturn:
    """Raise what the real socket raises for an argument of a wrong type or value."""
    end.run.step(_try_address, end.family, end.kind, address, effect="read", callee="socket.socket.connect")
    raise TypeError(f"{address!r} is no address")


def _try_address(family: int, kind: int, address: Any) -> None:
    with _real.socket(family, kind) as probe:
        probe.settimeout(0)
        probe.connect(address)


# Addresses


def bind(end: End, address: Any) -> None:
    if end.is_bound:
        fail(errno.EINVAL)
    outside = outside_of(end, "socket.socket.bind")

    def begin() -> Any:
        live = outside.begin(end.options)
        try:
            live.bind(address)
        except BaseException:
            outside.release()
            raise
        return live.getsockname()

    name = end.run.step(begin, effect="write", callee="socket.socket.bind", probe=Bound(address))
    end.name = tuple(name) if isinstance(name, list) else name
    for (level, option), value in end.options.items():
        outside.done("setsockopt", level, option, value)
    outside.done("bind", end.name)
    end.outside, end.is_bound = outside, True
    if not end.is_stream:
        network_of(end.run).found.append(end)


def listen(end: End, backlog: int = 128) -> None:
    if end.is_connected or not end.is_stream:
        fail(errno.EINVAL if end.is_stream else errno.EOPNOTSUPP)
    if not end.is_bound:
        if end.is_unix:
            fail(errno.EINVAL)
        bind(end, _ANY[end.family])
    outside = outside_of(end, "socket.socket.listen")
    end.run.step(outside.call, "listen", (backlog,), None, effect="write", callee="socket.socket.listen", probe=REPEAT)
    if not end.is_listening:
        outside.done("listen", backlog)
        end.is_listening = True
        network_of(end.run).found.append(end)


def name_of(end: End) -> Any:
    """Return the address of `end` as the program sees it."""
    return _ANY[end.family] if end.name is None else end.name


# Connections


def accept(end: End) -> tuple[int, Any]:
    """Wait for a connection; return the number of its end and the address of the other one."""
    if not end.is_listening:
        fail(errno.EINVAL)
    while True:
        if end.incoming:
            made = end.incoming.popleft()
            return made.number, made.peer_name
        if end.is_deaf:
            fail(errno.EINVAL)
        if end.seen & READ or end.timeout == 0:
            end.seen &= ~READ
            accepted = _accepted(end)
            if accepted is not None:
                return accepted.number, accepted.peer_name
        wait_until(end, READ, end.timeout)


def _accepted(end: End) -> End | None:
    """Take a connection from the outside, None if there is none."""
    listener = end.outside
    assert listener is not None
    outside = outside_of_accepted(end)

    def act() -> list[Any] | None:
        try:
            outside.live, address = listener.call("accept", (), 0.0)
        except BlockingIOError:
            return None
        return [address, outside.live.getsockname()]

    found = end.run.step(act, effect="read", callee="socket.socket.accept")
    if found is None:
        return None
    made = network_of(end.run).make(end.family, end.kind, end.proto, _getdefaulttimeout())
    made.peer_name, made.name = (tuple(item) if isinstance(item, list) else item for item in found)
    made.outside, made.is_connected = outside, True
    return made


def outside_of_accepted(end: End) -> Outside:
    site = end.run.sites.dynamic(sys._getframe(1), "socket.socket.accept", "read")
    made = Outside(end.family, end.kind, end.proto, site)
    made.is_accepted = True
    return made


def connect(end: End, address: Any) -> None:
    if end.is_connected and end.is_stream:
        fail(errno.EISCONN)
    if end.is_listening:
        fail(errno.EISCONN)
    target = resolved(end, address)
    found = network_of(end.run).at(end.family, end.kind, target)
    if not end.is_stream:
        end.is_connected, end.peer_name = True, target
        return
    if found is None:
        _connect_outside(end, address)
        return
    _join(end, found, target)
    if end.timeout == 0 and not end.is_unix:
        fail(errno.EINPROGRESS)


def _join(end: End, listener: End, target: Any) -> None:
    network = network_of(end.run)
    made = network.make(listener.family, listener.kind, listener.proto, _getdefaulttimeout())
    if not end.is_unix and target[0] in WILDCARDS:
        target = (LOOPBACK[end.family], *target[1:])
    if not end.is_unix:
        network.invent_name(end, target[0])
    end.peer_name = target if end.is_unix else _padded(end.family, target)
    made.name = listener.name if end.is_unix else _seen(end, made, end.peer_name)
    made.peer_name = name_of(end) if end.is_unix else _seen(end, made, end.name)
    end.joined(made)
    listener.incoming.append(made)
    listener.changed()


def _padded(family: int, address: Any) -> Any:
    return (*address, 0, 0)[:4] if family == _real.AF_INET6 else tuple(address[:2])


def _seen(end: End, other: End, address: Any) -> Any:
    """Return an address of `end` as the other end sees it."""
    if end.family == other.family:
        return address
    return (f"::ffff:{address[0]}", address[1], 0, 0)


def _connect_outside(end: End, address: Any) -> None:
    outside = outside_of(end, "socket.socket.connect")

    def begin() -> list[Any]:
        live = outside.live if outside.live is not None else outside.begin(end.options)
        live.settimeout(end.timeout)
        try:
            live.connect(address)
        except BlockingIOError:
            raise
        except BaseException:
            outside.release()
            raise
        return [live.getsockname(), live.getpeername()]

    if end.outside is None:
        for (level, option), value in end.options.items():
            outside.done("setsockopt", level, option, value)
    try:
        found = end.run.step(begin, effect="open", callee="socket.socket.connect", probe=REPEAT)
    except BlockingIOError:
        end.outside, outside.pending = outside, address
        raise
    outside.connected(address)
    end.name, end.peer_name = (tuple(item) if isinstance(item, list) else item for item in found)
    end.outside, end.is_connected = outside, True


def connect_ex(end: End, address: Any) -> int:
    try:
        connect(end, address)
    except OSError as error:
        if error.errno is None or isinstance(error, TimeoutError | _real.gaierror):
            if isinstance(error, TimeoutError):
                return errno.EAGAIN
            raise
        return error.errno
    return 0


def pair(run: Run, family: int, kind: int, proto: int) -> tuple[End, End]:
    """Return two ends that are connected with each other."""
    network = network_of(run)
    one, other = (network.make(family, kind, proto, _getdefaulttimeout()) for _ in range(2))
    one.name = other.name = one.peer_name = other.peer_name = _ANY.get(family, "")
    one.joined(other)
    return one, other
