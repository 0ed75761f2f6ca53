"""Starts a module, a folder or an archive as the interpreter does: by `runpy`, whose frames stand in tracebacks."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import runpy
import types
from typing import Any


def run_as_main(spec: importlib.machinery.ModuleSpec, name: str) -> None:
    """Execute what `spec` finds in the module that stands in `sys.modules` as `__main__`.

    `name`: what follows `-m`, "" for a folder or an archive. The functions are those of the real `runpy`, but find the
    main module by `spec`.
    """

    def find_spec(wanted: str) -> importlib.machinery.ModuleSpec | None:
        return spec if wanted == spec.name else importlib.util.find_spec(wanted)

    names: dict[str, Any] = dict(vars(runpy))
    names["importlib"] = types.SimpleNamespace(util=types.SimpleNamespace(find_spec=find_spec))
    for each in ("_run_module_as_main", "_get_module_details", "_get_main_module_details"):
        real = names[each]
        names[each] = types.FunctionType(real.__code__, names, real.__name__, real.__defaults__)
    names["_run_module_as_main"](name or "__main__", alter_argv=bool(name))
