"""`threading.local` whose values are each strand's own within runs and each thread's outside."""

from __future__ import annotations

import _thread
import weakref
from typing import Any

from durable.runner import context
from durable.stdlib_shims._strands import LocalsKey, ident_of, threads_of

_allocate_rlock = _thread.RLock
_real_local = _thread._local


class _Storage:
    """The values of one `local`, by thread."""

    __slots__ = ("args", "first", "inside", "lock", "outside")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = args, kwargs
        self.lock = _allocate_rlock()
        self.outside = _real_local()
        self.inside: weakref.WeakKeyDictionary[LocalsKey, dict[str, Any]] = weakref.WeakKeyDictionary()
        self.first: dict[str, Any] | None = None

    def for_child(self, values: dict[str, Any]) -> _Storage:
        """Return the storage of a child process, in which the first thread that looks finds `values`."""
        child = _Storage(*self.args)
        child.first = values
        return child

    def here(self) -> tuple[dict[str, Any], bool]:
        """Return the dictionary of the thread or strand that executes, and whether it is new."""
        run = context.current()
        if run is None:
            table = self.outside.__dict__
            found = table.get("values")
            if found is None:
                found = table["values"] = {}
                return found, True
            return found, False
        key = threads_of(run).locals.setdefault(ident_of(run, run.strand), LocalsKey())
        found = self.inside.get(key)
        if found is None and self.first is not None:
            found, self.first = self.first, None
            self.inside[key] = found
        if found is None:
            found = self.inside[key] = {}
            return found, True
        return found, False


class local:
    """A `threading.local` whose values are each strand's own; outside runs, each thread's."""

    __slots__ = ("__dict__", "__weakref__", "_durable_storage")

    def __new__(cls, /, *args: Any, **kwargs: Any) -> local:
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError("Initialization arguments are not supported")
        self = object.__new__(cls)
        storage = _Storage(args, kwargs)
        object.__setattr__(self, "_durable_storage", storage)
        storage.here()
        return self

    def __getattribute__(self, name: str) -> Any:
        lock, found = _storage_of(self)
        with lock:
            object.__setattr__(self, "__dict__", found)
            return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _refuse_dict(self, name)
        lock, found = _storage_of(self)
        with lock:
            object.__setattr__(self, "__dict__", found)
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        _refuse_dict(self, name)
        lock, found = _storage_of(self)
        with lock:
            object.__setattr__(self, "__dict__", found)
            object.__delattr__(self, name)


def _refuse_dict(values: local, name: str) -> None:
    if name == "__dict__":
        raise AttributeError(f"{type(values).__name__!r} object attribute '__dict__' is read-only")


def _storage_of(values: local) -> tuple[Any, dict[str, Any]]:
    """Return the lock of `values` and the dictionary of the thread that executes, initialised if it is new."""
    storage: _Storage = object.__getattribute__(values, "_durable_storage")
    found, is_new = storage.here()
    if is_new:
        args, kwargs = storage.args
        type(values).__init__(values, *args, **kwargs)
    return storage.lock, found


# The name in messages is the C class's: "'_thread._local' object has no attribute 'x'".
local.__name__ = "_thread._local"
local.__qualname__ = "_local"
local.__module__ = "_thread"
