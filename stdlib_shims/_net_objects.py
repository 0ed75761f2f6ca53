"""Which end of a run a socket object is: the program's objects stay of the real class, or of the program's own."""

from __future__ import annotations

import socket as _real
import weakref
from typing import Any

from durable.runner import context
from durable.stdlib_shims._files import running
from durable.stdlib_shims._net_ends import End, network_of

_ends: dict[int, End] = {}
_alive: dict[int, weakref.ref[Any]] = {}


def end_of(sock: Any) -> End | None:
    """Return the end that a socket object is, None for one that is not of a run."""
    return _ends.get(id(sock))


def end_behind(item: Any) -> End | None:
    """Return the end of the current run that `item`, a socket, a number or what has a `fileno()`, stands for."""
    run = context.current()
    if run is None:
        return None
    if isinstance(item, _real.socket):
        end = end_of(item)
        return None if end is None or end.is_closed else end
    number = item if isinstance(item, int) else item.fileno()
    return network_of(run).by_number.get(number)


def attach(sock: Any, end: End) -> None:
    """Let `sock` be `end`; when it is collected, the end is closed as the descriptor of a real socket is."""
    ident = id(sock)
    _ends[ident] = end
    _alive[ident] = weakref.ref(sock, lambda ref: _gone(ident))


def _gone(ident: int) -> None:
    _alive.pop(ident, None)
    end = _ends.pop(ident, None)
    if end is not None:
        leave(end)


def leave(end: End) -> None:
    """Let one socket less be `end`; the last one closes it."""
    end.refs -= 1
    if end.refs > 0 or end.is_closed:
        return
    if running(end.run):
        end.close()
    elif end.outside is not None:
        end.outside.release()


def detached(sock: Any) -> int:
    """Part `sock` from its end; return the number under which another socket may take it."""
    end = _ends[id(sock)]
    gone = End(end.run, end.family, end.kind, end.proto, -1, is_closed=True)
    _ends[id(sock)] = gone
    return end.number
