"""Modules that no compiler saw: the program writes them, or names their folder in `sys.path`, while it runs.

They are the program's, so their code runs in the strand, where what it does is a step; and where they were found and
what they said is recorded, for a replay may find the files changed or gone.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
import types
from collections.abc import Iterator, Sequence
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

from durable.runner import context
from durable.runner.program.archives import SourceLoader
from durable.runner.program.post_import import as_import_system

if TYPE_CHECKING:
    from durable.runner.run import Run

_call_with_frames_removed: Any = importlib._bootstrap._call_with_frames_removed  # type: ignore[attr-defined]
_LIBRARIES = "program.libraries"


def keep_libraries(run: Run, entries: Sequence[str]) -> None:
    """Note the entries of `sys.path` that hold libraries: all that are there when the program starts but its own."""
    run.local(_LIBRARIES, lambda: frozenset(place for entry in entries for place in _places(entry)))


class TextLoader(SourceLoader):
    """Executes a module whose source is known, in the strand that imports it."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> types.CodeType:
        return context.unrecorded(compile, self._source, self.path, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str:
        return self._source


def spec(run: Run, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Return the spec of a late module, None for a name that libraries know or nobody does."""
    entries = list(sys.path if path is None else path)
    theirs = [entry for entry in entries if _holds_libraries(run, entry)]
    if len(theirs) == len(entries) or (path is None and context.unrecorded(_is_library, name, theirs)):
        return None
    places = [entry for entry in entries if entry not in theirs]
    found: list[Any] | None = run.ambient("import", lambda: _look(name, places))
    return None if found is None else _made(name, *found)


def _holds_libraries(run: Run, entry: str) -> bool:
    """Say whether `entry` is a library's; all is in a run that is no program's."""
    folders: frozenset[str] = run.local(_LIBRARIES, frozenset)
    return not folders or any(
        place in folders for start in context.unrecorded(_places, entry) for place in _above(start)
    )


def _places(entry: str) -> tuple[str, str]:
    """Return the absolute paths of a folder or file, as named and with links followed."""
    return os.path.abspath(entry), os.path.realpath(entry)


def _above(path: str) -> Iterator[str]:
    """Yield `path` and the folders that it lies in."""
    while path:
        yield path
        path = path[: path.rindex(os.sep)] if os.sep in path else ""


def _is_library(name: str, entries: list[str]) -> bool:
    finders = (BuiltinImporter.find_spec, FrozenImporter.find_spec)
    return any(find(name) is not None for find in finders) or PathFinder.find_spec(name, entries) is not None


def _look(name: str, places: list[str]) -> list[Any] | None:
    """Return [origin, source, search locations] of the module `name` in `places`; None if it is not there as text."""
    found = PathFinder.find_spec(name, places)
    if found is None:
        return None
    locations = None if found.submodule_search_locations is None else list(found.submodule_search_locations)
    if found.origin is None:
        return [None, None, locations]
    source = _source_of(found)
    return None if source is None else [found.origin, source, locations]


def _source_of(found: ModuleSpec) -> str | None:
    """Return the text of a module, None for one that is no text (compiled, or not to be decoded)."""
    get_source = getattr(found.loader, "get_source", None)
    try:
        text: str | None = get_source(found.name) if get_source is not None else None
    except ImportError:
        return None
    return text


def _made(name: str, origin: str | None, source: str | None, locations: list[str] | None) -> ModuleSpec:
    if origin is None or source is None:
        made = ModuleSpec(name, None, is_package=True)
    else:
        made = ModuleSpec(name, TextLoader(name, origin, source), origin=origin, is_package=locations is not None)
        made.has_location = True
    if locations is not None:
        made.submodule_search_locations = locations
    return made


def execute(run: Run, loader: importlib.machinery.SourceFileLoader, module: types.ModuleType) -> bool:
    """Execute, in the strand, a module of a file of the program that it loads by itself; say whether it was one."""
    if _holds_libraries(run, loader.path):
        return False
    source = run.ambient("import", lambda: loader.get_source(module.__name__))
    code = context.unrecorded(compile, source, loader.path, "exec", dont_inherit=True)
    _call_with_frames_removed(exec, code, module.__dict__)
    return True


as_import_system(execute)
