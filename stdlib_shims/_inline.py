"""Library callables that work through open files or sockets: they run in the strand, where what they do is steps.

A live object of theirs is then made again by replay, with the state it had; as one step it would be lost in a crash.
"""

from __future__ import annotations

import builtins
import functools
import types
from collections.abc import Callable
from typing import Any

INLINE: dict[str, tuple[str, ...]] = {
    "aifc": ("open", "Aifc_read", "Aifc_write"),
    "asynchat": ("async_chat",),
    "asyncore": ("dispatcher", "loop", "poll", "poll2", "close_all"),
    "bz2": ("open", "BZ2File"),
    "codecs": ("open",),
    "dbm": ("open", "whichdb"),
    "dbm.dumb": ("open", "_Database"),
    "fileinput": ("input", "FileInput"),
    "glob": ("iglob",),
    "gzip": ("open", "GzipFile"),
    "http.server": ("HTTPServer", "ThreadingHTTPServer", "BaseHTTPRequestHandler"),
    "lzma": ("open", "LZMAFile"),
    "mailbox": ("Mailbox", "_ProxyFile"),
    "shelve": ("open", "Shelf", "BsdDbShelf", "DbfilenameShelf"),
    "smtpd": ("SMTPServer", "SMTPChannel"),
    "sunau": ("open", "Au_read", "Au_write"),
    "tarfile": ("open", "TarFile"),
    "tokenize": ("open",),
    "wave": ("open", "Wave_read", "Wave_write"),
    "wsgiref.simple_server": ("WSGIServer", "WSGIRequestHandler", "make_server"),
    "xml.etree.ElementTree": ("iterparse",),
    "xmlrpc.server": ("SimpleXMLRPCServer", "SimpleXMLRPCDispatcher", "MultiPathXMLRPCServer", "DocXMLRPCServer"),
    "zipfile": ("ZipFile", "PyZipFile"),
}
"""Functions and classes, by module. A class is inline with all its methods."""


def inline(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function like `real` which is never made a step as a whole."""

    @functools.wraps(real)
    def call(*args: Any, **kwargs: Any) -> Any:
        return real(*args, **kwargs)

    return call


_OWN_NAMES_OF_OPEN = ("_builtin_open", "bltn_open")


def repoint_open(module: types.ModuleType) -> None:
    """Let a stdlib module that took `open` from builtins under a name of its own find the one that serves runs."""
    for name in _OWN_NAMES_OF_OPEN:
        if name in vars(module):
            setattr(module, name, builtins.open)


def mark(owner: Any, names: tuple[str, ...]) -> None:
    """Make the members `names` of a module or class inline."""
    for name in names:
        real = getattr(owner, name)
        if isinstance(real, type):
            real.__durable_shim__ = True  # type: ignore[attr-defined]
        elif real.__module__ != __name__ and not hasattr(real, "__durable_inline__"):
            call = inline(real)
            call.__durable_inline__ = True  # type: ignore[attr-defined]
            setattr(owner, name, call)
