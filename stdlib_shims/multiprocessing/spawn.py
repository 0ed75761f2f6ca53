"""What a child that begins afresh does first: in a run its main module is the program's generated one."""

from __future__ import annotations

import multiprocessing.spawn as _real
import sys
from typing import Any

from durable.runner import context
from durable.runner.program.loader import modules_of
from durable.stdlib_shims._leaf import stand_for

_module: Any = _real
_from_path, _from_name = _module._fixup_main_from_path, _module._fixup_main_from_name


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _main_from_path(main_path: str) -> None:
    run = context.current()
    if run is None:
        _from_path(main_path)
        return
    module, code = modules_of(run).main(run.spec.script)
    module.__name__ = "__mp_main__"
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    exec(code, module.__dict__)


def _main_from_name(mod_name: str) -> None:
    if context.current() is None:
        _from_name(mod_name)
    elif mod_name != "__main__" and not mod_name.endswith(".__main__"):
        _main_from_path(mod_name)


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    if _module._fixup_main_from_path is _main_from_path:
        return
    for ours, real in ((_main_from_path, _from_path), (_main_from_name, _from_name)):
        stand_for(ours, real)
    _module._fixup_main_from_path, _module._fixup_main_from_name = _main_from_path, _main_from_name
