"""What is known of the classes of resources: what their methods do to the world, and what a new object can do."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from typing import Any

from durable.runner import context
from durable.runner.codec.contents import REDUCERS
from durable.runner.core.call import Call
from durable.runner.made_classes import is_made, named_base
from durable.runner.methods import SAFE_METHODS

_ITERATORS = (Iterator, io.IOBase, socket.socket)


def effect_of(cls: type, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, bool]:
    """Return the effect of method `name` of a resource's class, and whether it is set-up; unknown is "write"."""
    from durable.transpiler.catalogue import lookup, refined_effect

    if name in ("__setattr__", "__delattr__"):
        return "write", True
    if name in _READS or name in ("__enter__", "__exit__"):
        is_held = name == "__enter__" and goes_on(cls, "__exit__")
        return ("write", False) if is_held else ("read", name == "__enter__")
    classes = [base for base in cls.__mro__ if base is not object and not is_made(base)]
    bases = [f"{base.__module__}.{base.__qualname__}" for base in classes]
    found = [context.unrecorded(lookup, f"{base}.{name}") for base in bases]
    entries = [entry for entry in found if entry is not None]
    if not entries:
        return "write", False
    effect = refined_effect(entries[0], args, kwargs).value
    is_setup = any(bool(getattr(entry, "setup", False)) for entry in entries)
    return (effect if effect in ("read", "write", "open") else "read"), is_setup


_READS = frozenset({"__getattribute__", "__next__", "__iter__", "__len__", "__contains__", "__getitem__", "__bool__"})


def class_name(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def is_resource(value: Any, call: Call, where: str) -> bool:
    """Say whether an object that a step returned may live on as a resource."""
    is_mock = call.stub is not None and type(value).__module__ == "unittest.mock"
    if is_mock or (call.is_kept and where == "result"):
        return True
    if _is_stored(type(value)):
        return False
    if (call.effect == "open" and where == "result") or isinstance(value, _ITERATORS):
        return True
    return is_reopenable(type(value))


def _is_stored(cls: type) -> bool:
    """Say whether objects of `cls` are stored although they look like resources: nothing of the world is in them."""
    return any(f"{base.__module__}:{base.__qualname__}" in _STORED for base in cls.__mro__) or (
        f"{cls.__module__}:{cls.__qualname__}" in REDUCERS
    )


_STORED = frozenset({"requests.sessions:Session", "_io:StringIO", "_io:BytesIO"})


def is_reopenable(cls: type) -> bool:
    from durable.transpiler.catalogue import lookup

    named = named_base(cls)
    entry = context.unrecorded(lookup, f"{named.__module__}.{named.__qualname__}")
    return entry is not None and str(entry.effect) == "open"


def goes_on(cls: type, name: str) -> bool:
    """Say whether operation `name` goes on with what was said on a connection before, of which a new knows nothing."""
    names = {f"{base.__module__}:{base.__qualname__}" for base in cls.__mro__}
    return any(known in names and name in operations for known, operations in _GOING_ON.items())


def asks(cls: type, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Say whether an operation is a question that may be asked again: a new connection then has the answer to give."""
    bases = {f"{base.__module__}:{base.__qualname__}" for base in cls.__mro__}
    if name != "request" or "http.client:HTTPConnection" not in bases:
        return False
    method = args[0] if args else kwargs.get("method")
    return isinstance(method, str) and method.upper() in SAFE_METHODS


_OF_LOCKS = frozenset({"__exit__", "__aexit__", "release", "extend", "reacquire", "owned"})
_GOING_ON = {
    "http.client:HTTPConnection": frozenset({"getresponse", "send", "putheader", "endheaders"}),
    "socket:socket": frozenset({"recv", "recv_into", "recvfrom", "recvmsg", "send", "sendall", "sendmsg", "makefile"}),
    "smtplib:SMTP": frozenset({"rcpt", "data", "getreply"}),
    "telnetlib:Telnet": frozenset({"read_until", "read_all", "read_some", "write", "expect"}),
    "redis.lock:Lock": _OF_LOCKS,  # a server keeps it for a token that is gone with its object
    "redis.asyncio.lock:Lock": _OF_LOCKS,
}
