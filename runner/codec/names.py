"""Names in records and what they may stand for: classes and functions that are already loaded, never loaded for a record.

A record names a class or function as "module:qualname". The name is looked up in the program's own modules first, then
in modules that are imported already. Only a class that the catalogue does not call effectful, or one of the few
functions below, is ever *called* while a record is loaded (promise 12).
"""

from __future__ import annotations

import copyreg
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

# Reconstructors that pickle's protocol (PEP 307) uses and that call nothing but the given class's __new__.
_RECONSTRUCTORS: dict[str, Callable[..., Any]] = {
    "copyreg:__newobj__": copyreg.__newobj__,  # type: ignore[attr-defined]
    "copyreg:__newobj_ex__": copyreg.__newobj_ex__,  # type: ignore[attr-defined]
    "copyreg:_reconstructor": copyreg._reconstructor,  # type: ignore[attr-defined]
}
_SAFE_FUNCTIONS = frozenset(
    {
        "re:_compile",
        "_codecs:encode",
        "email.charset:Charset",
        "zoneinfo:ZoneInfo._unpickle",
        "numpy.core.multiarray:_reconstruct",
        "numpy._core.multiarray:_reconstruct",
        "numpy.core.multiarray:scalar",
        "numpy._core.multiarray:scalar",
        "builtins:getattr",
    }
) - {"builtins:getattr"}
_EFFECTS_NOT_CALLED = frozenset({"read", "write", "open", "wait", "spawn", "refused"})


class UnsafeRecord(Exception):
    """A record names something that may not be loaded; nothing of it was called."""


def reference(obj: Any) -> str | None:
    """Return "module:qualname" of a class or function if looking that up gives `obj` itself, else None."""
    module = getattr(obj, "__module__", None)
    qualname = getattr(obj, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str) or "<" in qualname:
        return None
    return f"{module}:{qualname}"


class Namespace:
    """Finds what a record names; `modules` are the program's own, by name."""

    def __init__(self, modules: Mapping[str, types.ModuleType]) -> None:
        self._modules = modules
        self._cache: dict[str, Any] = {}

    def find(self, name: str) -> Any:
        """Return the loaded class, function or module called `name`; raise UnsafeRecord if there is none."""
        module_name, _, qualname = name.partition(":")
        module = self._modules.get(module_name) or sys.modules.get(module_name)
        if module is None:
            raise UnsafeRecord(f"a record names {name!r}, but the module {module_name!r} is not loaded")
        found: Any = module
        for part in qualname.split(".") if qualname else ():
            try:
                found = getattr(found, part)
            except AttributeError:
                raise UnsafeRecord(f"a record names {name!r}, which does not exist") from None
        return found

    def names(self, obj: Any) -> str | None:
        """Return the name under which `find` gives `obj` back, None if there is none."""
        name = reference(obj)
        if name is None:
            return None
        try:
            return name if self.find(name) is obj else None
        except UnsafeRecord:
            return None

    def constructor(self, name: str) -> Callable[..., Any]:
        """Return what `name` stands for if it may be called while a record is loaded; raise UnsafeRecord if not."""
        known = _RECONSTRUCTORS.get(name) or self._cache.get(name)
        if known is not None:
            return known  # type: ignore[no-any-return]
        found = self.find(name)
        if not (name in _SAFE_FUNCTIONS or (isinstance(found, type) and _is_inert(name))):
            raise UnsafeRecord(f"a record wants to call {name!r}, which is not a plain class")
        self._cache[name] = found
        return found  # type: ignore[no-any-return]

    def is_constructor(self, obj: Any) -> str | None:
        """Return the name of `obj` if a record may call it when loaded, else None."""
        name = reference(obj)
        if name is None:
            return None
        try:
            return name if self.constructor(name) is obj else None
        except UnsafeRecord:
            return None


def _is_inert(name: str) -> bool:
    from durable.transpiler.catalogue import lookup

    entry = lookup(name.replace(":", "."))
    return entry is None or str(entry.effect) not in _EFFECTS_NOT_CALLED
