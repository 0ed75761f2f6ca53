"""From the frames of a running program to the public callables of libraries that they execute."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass

from durable.transpiler import catalogue
from effects.public import is_public

_IMPORTING = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>", "<frozen zipimport>")
# Functions that run when the interpreter pleases: what they do is not the doing of the functions below them.
_FINALIZERS = frozenset({"__del__", "finalize.__call__", "_TemporaryFileCloser.__del__"})
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__"})


@dataclass(frozen=True)
class Chain:
    """The public callables from an event outwards to the program, innermost first.

    `is_machinery`: an import, or a look-up of source text for a message, is at work. `is_finalizer`: the garbage
    collector called it.
    """

    names: tuple[str, ...]
    is_machinery: bool = False
    is_finalizer: bool = False


class Frames:
    """Reads stacks; `is_program(filename)` says which files are the program."""

    def __init__(self, program: tuple[str, ...]) -> None:
        self._program = program
        self._known: dict[types.CodeType, str | None] = {}

    def chain(self, frame: types.FrameType | None) -> Chain:
        """What runs between a frame and the program that it was called by."""
        names: list[str] = []
        above: str | None = None
        while frame is not None and not self._is_program(frame):
            code = frame.f_code
            if code.co_filename in _IMPORTING or (above == "linecache" and _module(frame) != "linecache"):
                return Chain(tuple(names), is_machinery=True)
            if code.co_qualname in _FINALIZERS or code.co_name == "__del__":
                return Chain(tuple(names), is_finalizer=True)
            name = self.name(frame)
            if name is not None and (not names or names[-1] != name):
                names.append(name)
            above = _module(frame)
            frame = frame.f_back
        return Chain(tuple(names))

    def name(self, frame: types.FrameType) -> str | None:
        """The public name of the callable that a frame executes, None if it has none."""
        code = frame.f_code
        if code not in self._known:
            self._known[code] = _public_name(_module(frame), code.co_qualname, code)
        return self._known[code]

    def _is_program(self, frame: types.FrameType) -> bool:
        name = frame.f_code.co_filename
        return name.startswith(self._program) or (name.startswith("<") and not name.startswith("<frozen"))


def _module(frame: types.FrameType) -> str:
    name = frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""


def _public_name(module: str, qualname: str, code: types.CodeType) -> str | None:
    if "<locals>" in qualname or "<lambda>" in qualname:
        return None
    owner, _, last = qualname.rpartition(".")
    below = owner if last in _CONSTRUCTORS else qualname
    if last.startswith("_") and not (last.startswith("__") and last.endswith("__")):
        return None
    canonical = catalogue.canonical(f"{module}.{below}")
    if is_public(canonical.removesuffix(f".{last}")):
        return canonical
    return next(_exported(module, below), None)


def _exported(module: str, below: str) -> Iterator[str]:
    """The names that a public module above a private one gives to what is defined there (`_bootlocale`, `a._b`)."""
    home = sys.modules.get(module)
    first, dot, rest = below.partition(".")
    value = getattr(home, first, None)
    while "." in module and value is not None and not first.startswith("_"):
        module = module.rpartition(".")[0]
        if is_public(module) and getattr(sys.modules.get(module), first, None) is value:
            yield catalogue.canonical(f"{module}.{first}{dot}{rest}")
