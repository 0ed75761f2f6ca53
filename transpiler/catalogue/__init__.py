"""What library callables do to the world: data files, one per library, read when first asked for.

Both halves read it: the compiler for names in the text, the runtime for operations of live objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from durable.transpiler.catalogue.library import Entry, Library, load_library
from durable.transpiler.catalogue.refine import refined_effect as _refined
from durable.transpiler.ir.effects import Effect

__all__ = ["Entry", "canonical", "is_caught", "is_eager", "is_shim", "lookup", "refined_effect", "shim_of", "through"]


def refined_effect(entry: Entry, args: Sequence[object], kwargs: Mapping[str, object]) -> Effect:
    """The effect of a call with these arguments (without self): the entry's, or less where the arguments prove it."""
    return _refined(entry, args, kwargs)


@lru_cache(maxsize=4096)
def canonical(qualified_name: str) -> str:
    """The catalogue's own name of a thing that has several (`requests.api.get` → `requests.get`); unknown: itself."""
    name = qualified_name
    for _ in range(4):
        library = _library_of(name)
        renamed = library.canonical(name) if library else name
        if renamed == name:
            return name
        name = renamed
    return name


@lru_cache(maxsize=4096)
def lookup(qualified_name: str) -> Entry | None:
    """What the catalogue says of a callable or attribute by its dotted name; None if it says nothing."""
    name = canonical(qualified_name)
    library = _library_of(name)
    return library.lookup(name) if library else None


def is_shim(module: str) -> bool:
    """Whether imports of exactly this module go to `durable.stdlib_shims`."""
    library = _library_of(module)
    return library is not None and module in library.shims


def is_eager(module: str) -> bool:
    """Whether this submodule of a shimmed module is there without being imported (`os.path`)."""
    library = _library_of(module)
    return library is not None and module in library.eager


def is_caught(name: str) -> bool:
    """Whether the runtime catches calls of a callable wherever they are made, in libraries too."""
    library = _library_of(name)
    return library is not None and (library.is_caught or shim_of(name) is not None)


def through(name: str) -> tuple[str, ...]:
    """The caught or shimmed modules that all contact of a name's library with the world goes through, if it is so."""
    library = _library_of(name)
    return library.through if library is not None else ()


def shim_of(name: str) -> str | None:
    """The shimmed module that a dotted name lies in, None if it lies in none."""
    library = _library_of(name)
    if library is None:
        return None
    fitting = [shim for shim in library.shims if name == shim or name.startswith(f"{shim}.")]
    return max(fitting, key=len, default=None)


def _library_of(name: str) -> Library | None:
    return load_library(name.partition(".")[0])
