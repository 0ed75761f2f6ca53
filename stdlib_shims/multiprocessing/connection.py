"""Connections between the processes of a run: the real class over the run's own pipes."""

from __future__ import annotations

import functools
import io
import multiprocessing.connection as _real
import multiprocessing.reduction as _reduction
import os
import sys
from collections.abc import Iterable
from typing import Any

from durable.runner import context
from durable.runner.errors import RefusedCall
from durable.runner.run import Run
from durable.stdlib_shims._leaf import stand_for
from durable.stdlib_shims._run_pipes import End, Flow, Handle, ends_of, in_run, make_pipe, wait_readable, wait_until

_Connection: Any = _real.Connection
_send, _recv, _close = _Connection._send, _Connection._recv, _Connection._close
_Pipe, _wait = _real.Pipe, _real.wait
_module: Any = _real
_arbitrary_address, _Client = _module.arbitrary_address, _module.SocketClient
_Listener: Any = _module.SocketListener
_init, _accept, _close_listener = _Listener.__init__, _Listener.accept, _Listener.close
_DupFd = _reduction.DupFd
_OWN_ADDRESS = "\0durable-"


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


@functools.wraps(_Pipe)
def Pipe(duplex: bool = True) -> Any:
    run = context.current()
    if run is None:
        return _Pipe(duplex)
    reader, writer = make_pipe(run, duplex)
    return _Connection(reader, writable=duplex), _Connection(writer, readable=duplex)


def _sent(self: Any, buf: Any, write: Any = None) -> None:
    run = in_run(self._handle)
    if run is None:
        _send(self, buf) if write is None else _send(self, buf, write)
        return
    while len(buf):
        buf = buf[self._handle.end.write(run, buf) :]


def _received(self: Any, size: int, read: Any = None) -> io.BytesIO:
    run = in_run(self._handle)
    if run is None:
        found: io.BytesIO = _recv(self, size) if read is None else _recv(self, size, read)
        return found
    buffer = io.BytesIO()
    end = self._handle.end
    while buffer.tell() < size:
        data = end.read(run, size - buffer.tell())
        if not data:
            if not buffer.tell():
                raise EOFError
            raise OSError("got end of file during message")
        buffer.write(data)
    return buffer


def _closed(self: Any, _close: Any = _close) -> None:
    if isinstance(self._handle, Handle):
        self._handle.close()
    else:
        _close(self)


@functools.wraps(_wait)
def wait(object_list: Iterable[Any], timeout: float | None = None) -> list[Any]:
    run = context.current()
    objects = list(object_list)
    handles: list[Any] = [item if isinstance(item, int) else item.fileno() for item in objects]
    if run is None or not any(isinstance(handle, Handle) for handle in handles):
        return _wait(objects, timeout)
    for handle in handles:
        if not isinstance(handle, Handle):
            site = run.sites.dynamic(sys._getframe(1), "waiting for processes of the run and others at once", "refused")
            raise RefusedCall(site.callee, site, "wait for them in threads of their own")
    are_ready = wait_readable(run, handles, timeout)
    return [item for item, is_ready in zip(objects, are_ready, strict=True) if is_ready]


# Listeners


class _RunListener:
    """A listener at an address that only the run's processes know."""

    def __init__(self, run: Run, address: str) -> None:
        self._run = run
        self._address = address
        self._process = run.scheduler.process
        self._ends = ends_of(run)
        self._calls: list[Handle] = []
        self._knocks = Flow()
        _listeners(run)[address] = self

    def accept(self) -> Any:
        wait_until(self._run, lambda: bool(self._calls) or self._address not in _listeners(self._run), (self._knocks,))
        if not self._calls:
            raise OSError("the listener is closed")
        return _Connection(self._calls.pop(0))

    def close(self) -> None:
        _listeners(self._run).pop(self._address, None)
        self._knocks.changed()

    @property
    def is_there(self) -> bool:
        return self._process is None or self._process.status is None

    def call(self) -> Any:
        there, back = Flow(), Flow()
        self._calls.append(self._ends.add(self._run, End(there, back)))
        self._knocks.changed()
        return _Connection(ends_of(self._run).add(self._run, End(back, there)))


def _listeners(run: Run) -> dict[str, _RunListener]:
    return run.local("multiprocessing.listeners", dict)


@functools.wraps(_arbitrary_address)
def arbitrary_address(family: Any) -> Any:
    run = context.current()
    if run is None:
        return _arbitrary_address(family)
    count = run.local("multiprocessing.addresses", lambda: [0])
    count[0] += 1
    return f"{_OWN_ADDRESS}{count[0]}"


def _listening(self: Any, address: Any, family: Any, backlog: int = 1) -> None:
    run = context.current()
    if run is None:
        _init(self, address, family, backlog)
        return
    if not isinstance(address, str) or not address.startswith(_OWN_ADDRESS):
        _refuse(run, "multiprocessing.connection.Listener")
    self._durable, self._address, self._last_accepted = _RunListener(run, address), address, None


def _accepted(self: Any) -> Any:
    own = vars(self).get("_durable")
    return _accept(self) if own is None else own.accept()


def _no_more(self: Any) -> None:
    own = vars(self).get("_durable")
    _close_listener(self) if own is None else own.close()


def _client(address: Any) -> Any:
    run = context.current()
    if run is None:
        return _Client(address)
    found = _listeners(run).get(address)
    if (found is None or not found.is_there) and isinstance(address, str) and address.startswith(_OWN_ADDRESS):
        raise ConnectionRefusedError(111, os.strerror(111))
    if found is None:
        _refuse(run, "multiprocessing.connection.Client")
    assert found is not None
    return found.call()


def _refuse(run: Run, name: str) -> None:
    site = run.sites.dynamic(sys._getframe(2), f"{name} with an address of its own", "refused")
    raise RefusedCall(site.callee, site, "leave the address out: the run's processes find it, or use socket")


# Connections that are sent to another process


class _Passed:
    """An end of a pipe on its way to another process."""

    def __init__(self, number: int) -> None:
        self._number = number

    def detach(self) -> Handle:
        run = context.current()
        assert run is not None
        end = _on_their_way(run).pop(self._number)
        handle = ends_of(run).add(run, end)
        end.drop()
        return handle


def _on_their_way(run: Run) -> dict[int, End]:
    return run.local("multiprocessing.passed", dict)


@functools.wraps(_DupFd)
def DupFd(fd: int) -> Any:
    run = in_run(fd)
    if run is None:
        return _DupFd(fd)
    assert isinstance(fd, Handle)
    count = run.local("multiprocessing.passes", lambda: [0])
    count[0] += 1
    end = fd.end
    end.hold()
    _on_their_way(run)[count[0]] = end
    return _Passed(count[0])


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    if _module.Pipe is Pipe:
        return
    made = ((_sent, _send), (_received, _recv), (_closed, _close), (_client, _Client))
    for ours, real in (*made, (_listening, _init), (_accepted, _accept), (_no_more, _close_listener)):
        stand_for(ours, real)
    _Connection._send, _Connection._recv, _Connection._close = _sent, _received, _closed
    _Connection.__durable_shim__ = True
    _module.Pipe, _module.arbitrary_address = Pipe, arbitrary_address
    _module.SocketClient = _client
    _Listener.__init__, _Listener.accept, _Listener.close = _listening, _accepted, _no_more
    reduction: Any = _reduction
    reduction.DupFd = DupFd
    for name, module in list(sys.modules.items()):
        if name.startswith("multiprocessing.") and vars(module).get("wait") is _wait:
            module.wait = wait  # type: ignore[attr-defined]
