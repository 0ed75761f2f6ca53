"""Clients of a run that speak to a server of the same run: their calls run in line, over sockets that are joined there.

As a step such a call would wait for handlers which are strands of the same program, and a crash between the two would
leave one with half of what the other said.
"""

from __future__ import annotations

import io
import types
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from durable.runner.run import Run
from durable.stdlib_shims._net_ends import WILDCARDS, End, is_loopback, network_of
from durable.stdlib_shims._net_objects import end_of

_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")
_PORTS = {"http": 80, "https": 443, "ftp": 21, "smtp": 25}
_MODULES = (
    "http.",
    "urllib.",
    "urllib3.",
    "requests.",
    "httpx.",
    "httpcore.",
    "xmlrpc.",
    "smtplib",
    "ftplib",
    "poplib",
)
_MORE_MODULES = ("imaplib", "nntplib", "telnetlib", "logging.handlers", "socketserver")
_DEPTH = 3
_LONGEST = 200
"""Characters that an address may have."""


def prepare(run: Run) -> None:
    """Tell the run how to know a call that stays within it."""
    run.stays_within = lambda fn, args, kwargs: _stays_within(run, fn, args, kwargs)


def _stays_within(run: Run, fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Say whether a call of a library speaks to a server of the run's own: by its object, or by an address in it."""
    network = network_of(run)
    if not network.by_number:
        return False
    owner = getattr(fn, "__self__", None)
    if owner is not None and _is_client(type(owner)):
        return _speaks_within(owner, network.found) or _mentions(network.found, args, kwargs)
    return _is_client(fn) and _mentions(network.found, args, kwargs)


def _mentions(found: list[End], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    values = (*args, *kwargs.values())
    return any(_is_ours(found, host, port) for host, port in _addresses(values, kwargs))


def _is_client(thing: Any) -> bool:
    name = f"{getattr(thing, '__module__', '') or ''}."
    return name.startswith((*_MODULES, *_MORE_MODULES)) or (
        isinstance(thing, type) and any(_is_client(base) for base in thing.__mro__[1:] if base is not object)
    )


def _speaks_within(item: Any, found: list[End], depth: int = _DEPTH) -> bool:
    """Say whether an object holds a socket of the run, which no step may use, or the address of one of its servers."""
    if end_of(item) is not None:
        return True
    if isinstance(item, str):
        return ":" in item[:_LONGEST] and any(_is_ours(found, host, port) for host, port in _in_url(item[:_LONGEST]))
    if depth == 0 or isinstance(item, bytes | int | float | type | None):
        return False
    if isinstance(item, types.MethodType):
        return _speaks_within(item.__self__, found, depth)
    if isinstance(item, io.IOBase):
        return any(_speaks_within(getattr(item, name, None), found, depth - 1) for name in ("raw", "buffer", "_sock"))
    held = getattr(item, "__dict__", None)
    if not isinstance(held, dict):
        return False
    if _is_ours(found, str(held.get("host")), held.get("port")):
        return True
    return any(_speaks_within(value, found, depth - 1) for value in list(held.values()))


def _addresses(values: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield hosts and ports among arguments: URLs, requests that have one, pairs, a host before a port."""
    before: Any = None
    for value in values:
        url = value if isinstance(value, str | bytes) else _url_of(value)
        if isinstance(value, tuple) and len(value) >= 2 and isinstance(value[0], str) and isinstance(value[1], int):
            yield value[0], value[1]
        elif isinstance(before, str) and type(value) is int:
            yield before, value
        elif url is not None:
            yield from _in_url(url if isinstance(url, str) else url.decode("latin-1"))
        before = value
    if isinstance(kwargs.get("host"), str) and isinstance(kwargs.get("port"), int):
        yield kwargs["host"], kwargs["port"]


def _url_of(value: Any) -> str | None:
    if value is None or isinstance(value, int | float | list | dict | tuple):
        return None
    for name in ("full_url", "url"):
        url = getattr(value, name, None)
        if url is not None:
            return str(url)
    return None


def _in_url(url: str) -> Iterator[tuple[str, int]]:
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return
    if host and port:
        yield host, port


def _is_ours(found: list[End], host: str, port: Any) -> bool:
    for end in found:
        if not end.is_listening or end.is_unix or end.name[1] != port:
            continue
        own = end.name[0]
        if host == own or ((host.lower() in _NAMES or is_loopback(host)) and (own in WILDCARDS or is_loopback(own))):
            return True
    return False
