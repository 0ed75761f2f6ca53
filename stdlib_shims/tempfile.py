"""Temporary files of a run: names from its entropy, so a replay finds them again; files by the leaves of `os` and `io`.

A nameless temporary file would be lost in a crash: within a run `TemporaryFile` keeps its name until it is closed.
"""

from __future__ import annotations

import tempfile as _real
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import os as _os
from durable.stdlib_shims import shutil as _shutil
from durable.stdlib_shims import weakref as _weakref
from durable.stdlib_shims._inline import mark
from durable.stdlib_shims._leaf import leaf

_temporary_file = _real.TemporaryFile


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def TemporaryFile(
    mode: str = "w+b",
    buffering: int = -1,
    encoding: str | None = None,
    newline: str | None = None,
    suffix: str | None = None,
    prefix: str | None = None,
    dir: str | None = None,
    *,
    errors: str | None = None,
) -> Any:
    """Return a file that is deleted when it is closed."""
    make: Any = _temporary_file if context.current() is None else _real.NamedTemporaryFile
    return make(mode, buffering, encoding, newline, suffix, prefix, dir, errors=errors)


def prepare(run: Run) -> None:
    """Give `run` its own choice of directory and its own names."""
    run.cells.add(_real, "tempdir", None)
    run.cells.add(_real, "_name_sequence", None)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    if module.TemporaryFile is TemporaryFile:
        return
    _os.install()
    _shutil.install()
    _weakref.install()
    module.TemporaryFile = TemporaryFile
    module._get_default_tempdir = leaf(module._get_default_tempdir, "read", "tempfile.gettempdir")
    module._TemporaryFileCloser.close.__defaults__ = (_os.unlink,)
    module.TemporaryDirectory._rmtree = classmethod(_remove_tree(module.TemporaryDirectory.__dict__["_rmtree"]))
    mark(
        module,
        (
            "NamedTemporaryFile",
            "TemporaryDirectory",
            "SpooledTemporaryFile",
            "_TemporaryFileWrapper",
            "mkstemp",
            "mkdtemp",
            "mktemp",
            "gettempdir",
        ),
    )


def _remove_tree(real: classmethod[Any, Any, None]) -> Any:
    def remove(cls: type, name: str, ignore_errors: bool = False) -> None:
        run = context.current()
        removing = real.__get__(None, cls)
        if run is None:
            removing(name, ignore_errors=ignore_errors)
        else:
            probe = _shutil.removed(name)
            run.step(removing, name, ignore_errors, effect="write", callee="shutil.rmtree", probe=probe)

    return remove
