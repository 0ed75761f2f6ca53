"""What an event loop of a run does not do: sockets, servers and pipes that callbacks read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from durable.runner import context

_INSTEAD = {
    "add_reader": "read in a thread (asyncio.to_thread)",
    "add_writer": "write in a thread (asyncio.to_thread)",
    "create_connection": "use a blocking socket in a thread (asyncio.to_thread) or an HTTP client such as httpx",
    "create_server": "a durable run cannot be a server",
    "create_unix_server": "a durable run cannot be a server",
    "connect_accepted_socket": "a durable run cannot be a server",
    "subprocess_exec": "use asyncio.create_subprocess_exec",
    "subprocess_shell": "use asyncio.create_subprocess_shell",
}
_OTHERWISE = "use the blocking call in a thread (asyncio.to_thread)"
_COROUTINES = (
    "create_connection create_server create_unix_connection create_unix_server connect_accepted_socket "
    "create_datagram_endpoint connect_read_pipe connect_write_pipe sendfile start_tls subprocess_exec subprocess_shell "
    "sock_recv sock_recv_into sock_recvfrom sock_recvfrom_into sock_sendall sock_sendto sock_connect sock_accept "
    "sock_sendfile"
).split()
_FUNCTIONS = "add_reader add_writer remove_reader remove_writer".split()


def not_yet(what: str, instead: str) -> NoReturn:
    """Raise the error that says that `what` is not durable yet, where in the program it is, and what to do."""
    run = context.current()
    place = ""
    if run is not None:
        site = run.sites.dynamic(sys._getframe(1), what, "write")
        place = f"{site.file}:{site.line}: " if site.file else ""
    raise NotImplementedError(f"{place}{what} is not durable yet: {instead}")


def _refusal(name: str) -> Callable[..., Any]:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        not_yet(f"loop.{name}", _INSTEAD.get(name, _OTHERWISE))

    refuse.__name__ = name
    return refuse


def _async_refusal(name: str) -> Callable[..., Any]:
    async def refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        not_yet(f"loop.{name}", _INSTEAD.get(name, _OTHERWISE))

    refuse.__name__ = name
    return refuse


class Transports:
    """Methods that raise a clear error, to stand before `asyncio.BaseEventLoop`."""


for _name in _COROUTINES:
    setattr(Transports, _name, _async_refusal(_name))
for _name in _FUNCTIONS:
    setattr(Transports, _name, _refusal(_name))
