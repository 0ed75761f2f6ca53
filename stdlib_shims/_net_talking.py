"""What is said over the ends of a run: recv and send, of streams and of letters (datagrams)."""

from __future__ import annotations

import errno
import socket as _real
from typing import Any

from durable.stdlib_shims._net_connecting import LOOPBACK, connect, fail, outside_of, resolved
from durable.stdlib_shims._net_ends import READ, WILDCARDS, WRITE, End, network_of
from durable.stdlib_shims._net_waiting import wait_until
from durable.stdlib_shims._refused import refuse

_PEEK, _ALL, _NOW, _OOB = _real.MSG_PEEK, _real.MSG_WAITALL, _real.MSG_DONTWAIT, _real.MSG_OOB


def _timeout(end: End, flags: int) -> float | None:
    return 0.0 if flags & _NOW else end.timeout


def is_outer(end: End) -> bool:
    """Say whether what `end` is connected with is outside of the run."""
    return end.is_stream and end.outside is not None and end.is_connected and not end.is_inner


# Receiving


def recv(end: End, bufsize: int, flags: int = 0) -> bytes:
    if bufsize < 0:
        raise ValueError("negative buffersize in recv")
    if not end.is_stream:
        return _recv_letter(end, bufsize, flags)[0]
    if is_outer(end):
        end.seen &= ~READ
        return bytes(_outer(end, "recv", "read", flags, bufsize))
    data = _recv_some(end, bufsize, flags)
    while flags & _ALL and data and len(data) < bufsize:
        more = _recv_some(end, bufsize - len(data), flags)
        if not more:
            break
        data += more
    return data


def _recv_some(end: End, size: int, flags: int) -> bytes:
    if flags & _OOB:
        fail(errno.EINVAL)
    if not end.is_connected:
        fail(errno.ENOTCONN)
    while not end.inbox:
        end.fail()
        if end.is_ended or end.is_deaf or not size:
            return b""
        wait_until(end, READ, _timeout(end, flags))
        _check_open(end)
    return end.take(size, bool(flags & _PEEK))


def _check_open(end: End) -> None:
    if end.is_closed:
        fail(errno.EBADF)


def _outer(end: End, name: str, effect: str, flags: int, *args: Any) -> Any:
    """Do `name` to a connection with the outside as a step."""
    outside = end.outside
    assert outside is not None
    step = end.run.step
    given = (*args, flags) if flags else args
    result = step(outside.call, name, given, end.timeout, effect=effect, callee=f"socket.socket.{name}")
    outside.is_used = True
    return result


def recvfrom(end: End, bufsize: int, flags: int = 0) -> tuple[bytes, Any]:
    if end.is_stream:
        return recv(end, bufsize, flags), None
    if bufsize < 0:
        raise ValueError("negative buffersize in recvfrom")
    return _recv_letter(end, bufsize, flags)


def _recv_letter(end: End, size: int, flags: int) -> tuple[bytes, Any]:
    if end.is_inner:
        while not end.letters:
            if end.is_deaf:
                return b"", None
            wait_until(end, READ, _timeout(end, flags))
            _check_open(end)
    while not end.letters:
        if end.is_deaf:
            return b"", None
        if end.outside is not None and (end.seen & READ or _timeout(end, flags) == 0):
            end.seen &= ~READ
            found = _letter_from_outside(end, size, flags)
            if found is not None:
                return found
        wait_until(end, READ, _timeout(end, flags))
        _check_open(end)
    data, sender = end.letters[0] if flags & _PEEK else end.letters.popleft()
    return data[:size], sender


def _letter_from_outside(end: End, size: int, flags: int) -> tuple[bytes, Any] | None:
    outside = end.outside
    assert outside is not None

    def act() -> Any:
        try:
            return outside.call("recvfrom", (size, flags), 0.0)
        except BlockingIOError:
            return None

    found = end.run.step(act, effect="read", callee="socket.socket.recvfrom")
    return None if found is None else (bytes(found[0]), found[1])


def recv_into(end: End, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
    return recvfrom_into(end, buffer, nbytes, flags)[0]


def recvfrom_into(end: End, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
    view = memoryview(buffer).cast("B")
    if nbytes < 0:
        raise ValueError("negative buffersize in recv_into")
    if nbytes > len(view):
        raise ValueError("buffer too small for requested bytes")
    data, sender = recvfrom(end, nbytes or len(view), flags)
    view[: len(data)] = data
    return len(data), sender


def recvmsg(end: End, bufsize: int, ancbufsize: int = 0, flags: int = 0) -> tuple[bytes, list[Any], int, Any]:
    data, sender = recvfrom(end, bufsize, flags)
    return data, [], 0, sender


def recvmsg_into(end: End, buffers: Any, ancbufsize: int = 0, flags: int = 0) -> tuple[int, list[Any], int, Any]:
    views = [memoryview(buffer).cast("B") for buffer in buffers]
    data, sender = recvfrom(end, sum(map(len, views)), flags)
    rest = memoryview(data)
    for view in views:
        part = rest[: len(view)]
        view[: len(part)], rest = part, rest[len(view) :]
    return len(data), [], 0, sender


# Sending


def send(end: End, data: Any, flags: int = 0) -> int:
    view = memoryview(data).cast("B")
    if not end.is_stream:
        if end.is_inner:
            return _give_letter(end, end.peer, bytes(view), None)
        if end.peer_name is None:
            fail(errno.EDESTADDRREQ)
        return sendto(end, data, end.peer_name)
    if is_outer(end):
        end.seen &= ~WRITE
        return int(_outer(end, "send", "write", flags, bytes(view)))
    return _send_some(end, view, _timeout(end, flags))


def _send_some(end: End, view: memoryview, timeout: float | None) -> int:
    if not end.is_connected:
        fail(errno.EPIPE if end.is_stream and not end.is_unix else errno.ENOTCONN)
    while True:
        end.fail()
        size = end.give(view)
        if size or not view:
            return size
        wait_until(end, WRITE, timeout)
        _check_open(end)


def sendall(end: End, data: Any, flags: int = 0) -> None:
    view = memoryview(data).cast("B")
    if is_outer(end):
        end.seen &= ~WRITE
        _outer(end, "sendall", "write", flags, bytes(view))
        return
    if not end.is_stream:
        send(end, data, flags)
        return
    while True:
        view = view[_send_some(end, view, _timeout(end, flags)) :]
        if not view:
            return


def sendto(end: End, data: Any, *rest: Any) -> int:
    if not 1 <= len(rest) <= 2:
        raise TypeError(f"sendto() takes 2 or 3 arguments ({1 + len(rest)} given)")
    address = rest[-1]
    if end.is_stream:
        if end.is_connected:
            return send(end, data)
        connect(end, address)
    body = bytes(memoryview(data).cast("B"))
    target = resolved(end, address)
    found = network_of(end.run).at(end.family, end.kind, target)
    if found is not None:
        return _give_letter(end, found, body, _sender(end, target))
    outside = outside_of(end, "socket.socket.sendto")

    def act() -> int:
        if outside.live is None and not outside.setup:
            outside.begin(end.options)
        return int(outside.call("sendto", (body, address), end.timeout))

    size: int = end.run.step(act, effect="write", callee="socket.socket.sendto")
    if end.outside is None:
        for (level, option), value in end.options.items():
            outside.done("setsockopt", level, option, value)
        end.outside = outside
    return size


def _give_letter(end: End, other: End | None, body: bytes, sender: Any) -> int:
    if other is None or other.is_closed:
        fail(errno.ECONNREFUSED)
    other.letters.append((body, sender))
    other.changed()
    return len(body)


def _sender(end: End, target: Any) -> Any:
    """Return the address that the receiver of a letter sees, under which it can answer."""
    if end.is_unix:
        return end.name
    network = network_of(end.run)
    if end.name is None:
        network.invent_name(end, LOOPBACK[end.family])
        network.found.append(end)
    own_host, *rest = end.name or target
    host = target[0] if own_host in WILDCARDS else own_host
    return (LOOPBACK[end.family] if host in WILDCARDS else host, *rest)


def sendmsg(end: End, buffers: Any, ancdata: Any = (), flags: int = 0, address: Any = None) -> int:
    if list(ancdata):
        refuse("ancillary data over a socket", "send the data itself: a descriptor means nothing after a crash")
    body = b"".join(bytes(memoryview(buffer).cast("B")) for buffer in buffers)
    return send(end, body, flags) if address is None else sendto(end, body, flags, address)


# The end of it


def shutdown(end: End, how: int) -> None:
    if how not in (_real.SHUT_RD, _real.SHUT_WR, _real.SHUT_RDWR):
        fail(errno.EINVAL)
    if not end.is_connected and not end.is_listening:
        fail(errno.ENOTCONN)
    if is_outer(end) and end.outside is not None:
        step = end.run.step
        step(end.outside.call, "shutdown", (how,), end.timeout, effect="write", callee="socket.socket.shutdown")
        return
    if how != _real.SHUT_WR:
        end.is_deaf = True
        end.changed()
    if how != _real.SHUT_RD and end.is_connected:
        end.mute()
        end.changed()
