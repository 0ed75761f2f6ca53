"""Shims: modules named as the stdlib modules they stand for, which serve the run that executes and else the process.

`install()` patches the real modules, those loaded already at once and the others after their import, so library code
is served too. A shim is found by its file name; one that starts with an underscore is a helper and no shim.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys as sys  # programs import it from here: for type checkers it is the real module
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from durable.runner import context
from durable.runner.program.post_import import PostImport
from durable.stdlib_shims._inline import INLINE, mark, repoint_open
from durable.stdlib_shims._leaf import sign, unbind
from durable.stdlib_shims._refused import REFUSED, refuse_all

if TYPE_CHECKING:
    from durable.runner.run import Run

_installed: set[str] = set()
_before: dict[str, dict[str, Any]] = {}
"""What the modules held before any was patched: a shim may patch others than its own."""
_IN_PLACE = frozenset(
    """asyncio atexit builtins concurrent concurrent.futures datetime fcntl getpass io logging os pathlib queue random
    secrets select selectors shutil signal socket socketserver sqlite3 subprocess sys tempfile threading time uuid
    weakref""".split()
)
"""Modules that are patched in full: a program that imports the shim gets the real module, so it can patch that too."""


@functools.cache
def names() -> frozenset[str]:
    """Return the names of the stdlib modules that have a shim ("time", "concurrent.futures")."""
    home = Path(__file__).parent
    found = (path.relative_to(home).with_suffix("").parts for path in home.rglob("*.py"))
    return frozenset(".".join(parts) for parts in found if not any(part.startswith("_") for part in parts))


def install() -> None:
    """Let the real modules serve runs: the loaded ones now, the others when they are imported. Idempotent, cheap."""
    for name in ("signal", "fcntl"):  # lest their shims be imported in the middle of others that they need
        importlib.import_module(name)
    _HOOK.install()
    loaded = [name for name in sorted(names() | INLINE.keys() | REFUSED.keys()) if name in sys.modules]
    for name in loaded:
        _before.setdefault(name, dict(vars(sys.modules[name])))
    for name in loaded:
        _install(name)
    _unbind()


def uninstall() -> None:
    """Stop patching modules that are imported from now on; what was patched stays and is plain outside of runs."""
    _HOOK.uninstall()


def prepare(run: Run) -> None:
    """Give a run that has not started its own copy of what the shimmed modules keep in their globals."""
    for name in sorted(_installed):
        _prepare(name, run)


def _install(name: str) -> None:
    if name in _installed:
        return
    _installed.add(name)
    with context.outside():
        if _needs_no_shim(name):
            return
        before = _before.setdefault(name, dict(vars(sys.modules[name])))
        shim: Any = importlib.import_module(f"{__name__}.{name}")
        if "install" in vars(shim):
            shim.install()
            sign(vars(sys.modules[name]) | vars(shim), before)
        elif getattr(shim.__spec__, "_initializing", False):
            _installed.discard(name)  # the shim's import has imported the module; it is patched when that is done


def _unbind() -> None:
    """Have no function of C in a patched module replaced by one that a class would bind; shims patch each other's."""
    for name, before in _before.items():
        unbind(sys.modules[name], before)
        shim = sys.modules.get(f"{__name__}.{name}")
        if shim is not None:
            unbind(shim, before)


def _needs_no_shim(name: str) -> bool:
    """Refuse or mark the members of a module for which that is all there is to do; say whether it was one."""
    module = sys.modules[name]
    if name in REFUSED:
        refuse_all(module, REFUSED[name])
    elif name in INLINE:
        repoint_open(module)
        mark(module, INLINE[name])
    return name in REFUSED or name in INLINE


def _install_again(name: str) -> None:
    """Patch a module that has been executed once more (a reload, a fresh copy): the shim is executed anew for it."""
    with context.outside():
        if _needs_no_shim(name):
            return
        first = sys.modules[f"{__name__}.{name}"]
        assert first.__file__ is not None
        spec = importlib.util.spec_from_file_location(first.__name__, first.__file__)
        assert spec is not None
        assert spec.loader is not None
        shim: Any = importlib.util.module_from_spec(spec)
        before = dict(vars(sys.modules[name]))
        spec.loader.exec_module(shim)
        shim.install()
        sign(vars(sys.modules[name]) | vars(shim), before)
        unbind(sys.modules[name], before)


def _prepare(name: str, run: Run) -> None:
    shim = sys.modules.get(f"{__name__}.{name}")
    if shim is not None and "prepare" in vars(shim):
        shim.prepare(run)


def _is_wanted(fullname: str) -> bool:
    name = _real_name(fullname)
    return (name == fullname or name not in _installed) and name in names() | INLINE.keys() | REFUSED.keys()


def _imported(module: types.ModuleType) -> None:
    name = _real_name(module.__name__)
    if name in _installed:
        _install_again(name)
        return
    _install(name)
    _unbind()
    run = context.entered()
    if run is not None:
        _prepare(name, run)


def _real_name(fullname: str) -> str:
    return fullname.removeprefix(f"{__name__}.")


class Package(types.ModuleType):
    """This package or one below it, as a run's program imports from it."""

    def __getattribute__(self, name: str) -> Any:
        if context.current() is not None:
            real = _real_name(f"{super().__getattribute__('__name__')}.{name}")
            if real in _IN_PLACE:
                for below in _IN_PLACE:
                    if below.startswith(f"{real}."):
                        importlib.import_module(below)
                return importlib.import_module(real)
        return super().__getattribute__(name)


sys.modules[__name__].__class__ = Package
_HOOK = PostImport(_is_wanted, _imported)
