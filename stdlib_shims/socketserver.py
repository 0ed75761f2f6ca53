"""Servers of a run: the real classes, whose handlers are strands' own code; `serve_forever` waits without polling."""

from __future__ import annotations

import functools
import socketserver as _real
from typing import Any

from durable.runner import context
from durable.stdlib_shims import selectors as _selectors
from durable.stdlib_shims import socket as _socket
from durable.stdlib_shims._net_objects import end_of

_Server: Any = _real.BaseServer
_serve_forever = _Server.serve_forever
_service_actions = _Server.service_actions
_REQUEST = "_BaseServer__shutdown_request"


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


@functools.wraps(_serve_forever)
def serve_forever(self: Any, poll_interval: Any = 0.5) -> Any:
    """Handle requests until `shutdown`; a server that does something of its own between them looks for it as always."""
    is_idle = type(self).service_actions is _service_actions and isinstance(poll_interval, int | float)
    if context.current() is None or not is_idle:
        return _serve_forever(self, poll_interval)
    return _serve_forever(self, None)


class _ShutdownRequest:
    """The server's attribute that asks it to end; who sets it wakes the strand that waits for requests."""

    def __get__(self, server: Any, owner: Any = None) -> Any:
        return self if server is None else vars(server).get(_REQUEST, False)

    def __set__(self, server: Any, value: bool) -> None:
        vars(server)[_REQUEST] = value
        end = end_of(getattr(server, "socket", None))
        if value and end is not None and context.current() is end.run:
            for waiter in list(end.waiters):
                waiter.wake()


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    if _Server.serve_forever is serve_forever:
        return
    _socket.install()
    _selectors.install()
    _Server.serve_forever = serve_forever
    setattr(_Server, _REQUEST, _ShutdownRequest())
    for cls in vars(_real).values():
        if isinstance(cls, type):
            cls.__durable_shim__ = True  # type: ignore[attr-defined]
