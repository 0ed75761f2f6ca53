"""The sockets and pipes of an event loop of a run: asyncio's own transports and servers over the sockets of the run."""

from __future__ import annotations

import asyncio
import selectors
from asyncio import base_subprocess, futures, selector_events, trsock, unix_events
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from durable.runner.run import Run
from durable.stdlib_shims._asyncio_children import SubprocessTransport
from durable.stdlib_shims._asyncio_files import FileSink, FileSource
from durable.stdlib_shims._net_ends import READ, WRITE, End, network_of
from durable.stdlib_shims._net_waiting import lookout_of
from durable.stdlib_shims._refused import refuse

_OTHERWISE = "use the blocking call in a thread (asyncio.to_thread)"
_BaseSelector: Any = selectors._BaseSelectorImpl
_Loop: Any = selector_events.BaseSelectorEventLoop
_UnixLoop: Any = unix_events._UnixSelectorEventLoop


class Selector(_BaseSelector):  # type: ignore[misc]
    """What a loop waits for besides its timers: ends of the run, which wake the loop when they are ready."""

    def __init__(self, run: Run, wake: Callable[[], None]) -> None:
        super().__init__()
        self._run = run
        self.wake = wake

    def _end(self, key: Any) -> End | None:
        return network_of(self._run).by_number.get(key.fd)

    def register(self, fileobj: Any, events: int, data: Any = None) -> Any:
        key = super().register(fileobj, events, data)
        end = self._end(key)
        if end is None:
            super().unregister(fileobj)
            refuse("loop.add_reader for a file that is no socket", "read in a thread (asyncio.to_thread)")
        end.waiters[self] = _mask(events)
        return key

    def unregister(self, fileobj: Any) -> Any:
        key = super().unregister(fileobj)
        end = self._end(key)
        if end is not None:
            end.waiters.pop(self, None)
        return key

    def modify(self, fileobj: Any, events: int, data: Any = None) -> Any:
        self.unregister(fileobj)
        return self.register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[Any, int]]:
        """Return what is ready, without waiting."""
        return list(self._ready())

    def _ready(self) -> Iterator[tuple[Any, int]]:
        keys: Mapping[Any, Any] = self.get_map() or {}
        for key in list(keys.values()):
            end = self._end(key)
            ready = 0 if end is None else end.ready() & _mask(key.events)
            if ready:
                yield (
                    key,
                    (selectors.EVENT_READ if ready & READ else 0) | (selectors.EVENT_WRITE if ready & WRITE else 0),
                )

    def watch(self) -> None:
        """Have the outside looked at for the ends that it can reach."""
        if self.get_map():
            lookout = lookout_of(self._run)
            if lookout.failure is not None:
                raise lookout.failure
            lookout.update()


Selector.__name__ = Selector.__qualname__ = selectors.DefaultSelector.__name__  # which asyncio tells its log


def _mask(events: int) -> int:
    return (READ if events & selectors.EVENT_READ else 0) | (WRITE if events & selectors.EVENT_WRITE else 0)


class Transports(_Loop):  # type: ignore[misc]
    """The sockets of a loop: asyncio's own code for them over a `Selector`, without a pipe to itself."""

    create_unix_connection = _UnixLoop.create_unix_connection
    create_unix_server = _UnixLoop.create_unix_server

    def _make_self_pipe(self) -> None:
        pass

    def _close_self_pipe(self) -> None:
        pass

    def _make_ssl_transport(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse("TLS on an event loop", "use an HTTP client such as httpx, or a blocking connection in a thread")

    async def start_tls(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: a connection of a run speaks no TLS."""
        refuse("loop.start_tls", _OTHERWISE)

    async def connect_read_pipe(self, protocol_factory: Callable[[], Any], pipe: Any) -> tuple[Any, Any]:
        """Have a protocol told what comes out of a pipe."""
        return await self._connected(protocol_factory(), pipe, FileSource)

    async def connect_write_pipe(self, protocol_factory: Callable[[], Any], pipe: Any) -> tuple[Any, Any]:
        """Have a protocol's transport write into a pipe."""
        return await self._connected(protocol_factory(), pipe, FileSink)

    async def _connected(self, protocol: Any, pipe: Any, kind: type[FileSource] | type[FileSink]) -> tuple[Any, Any]:
        if isinstance(protocol, base_subprocess.WriteSubprocessPipeProto):
            transport = protocol.proc.connect(protocol, pipe)  # type: ignore[attr-defined]
        else:
            transport = kind(self, protocol, pipe).transport
        waiter = self.create_future()
        self.call_soon(futures._set_result_unless_cancelled, waiter, None)  # type: ignore[attr-defined]
        await waiter
        return transport, protocol

    async def _make_subprocess_transport(self, *args: Any, **kwargs: Any) -> SubprocessTransport:
        waiter = self.create_future()
        transport = SubprocessTransport(self, *args, waiter=waiter, **kwargs)
        try:
            await waiter
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException:
            transport.close()
            await transport._wait()
            raise
        return transport

    async def _sock_sendfile_native(self, sock: Any, file: Any, offset: int, count: Any) -> Any:
        raise asyncio.SendfileNotAvailableError("a run sends files piece by piece")

    async def _sendfile_native(self, transp: Any, file: Any, offset: int, count: Any) -> Any:
        raise asyncio.SendfileNotAvailableError("a run sends files piece by piece")

    def take_sockets(self) -> None:
        """Make ready the callbacks of the sockets that are."""
        if self._selector.get_map():
            self._process_events(self._selector.select(0))


trsock.TransportSocket.__durable_shim__ = True  # type: ignore[attr-defined]
