"""Executes a bundle's modules for one run: own module objects, the interpreter's import system, original positions."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Iterator, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from durable.runner import context
from durable.runner.program import late
from durable.runner.program.archives import SourceLoader

if TYPE_CHECKING:
    from durable.runner.run import Run
    from durable.transpiler.ir.bundle import Bundle, BundleModule


class Modules:
    """The modules of one run. They stand in `sys.modules` only while the run's strands execute."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.loaded: dict[str, types.ModuleType] = {}
        self._by_name = {module.name: module for module in bundle.modules}
        self._by_file = {str(module.path): module.name for module in bundle.modules}
        self._packages = _packages(self._by_name)
        self._late: set[str] = set()
        self.is_alone = False
        """The process is this run's only: steps find the program's modules too, as `pkgutil.get_data` needs them."""
        self._outer: dict[str, types.ModuleType] = {}

    def __contains__(self, name: str) -> bool:
        return name != "__main__" and (name in self._by_name or name in self._packages)

    def name_of(self, file: str) -> str:
        """Return the name of the program's module in `file`, "" if that is no file of the program."""
        return self._by_file.get(file, "")

    def enter(self) -> None:
        """Put the run's modules in `sys.modules`."""
        if self.is_alone and sys.modules.get("__main__") is self.loaded.get("__main__", self):
            return
        for name in self._names():
            outer = sys.modules.get(name) if name == "__main__" else sys.modules.pop(name, None)
            if outer is not None:
                self._outer[name] = outer
        sys.modules.update(self.loaded)

    def leave(self) -> None:
        """Take the run's modules out of `sys.modules` and keep those that were imported meanwhile."""
        if self.is_alone:
            self.loaded.update((name, sys.modules[name]) for name in self._names() if name in sys.modules)
            return
        for name in self._names():
            module = sys.modules.pop(name, None)
            if module is not None:
                self.loaded[name] = module
            outer = self._outer.pop(name, None)
            if outer is not None:
                sys.modules[name] = outer

    def add_alias(self, alias: str, name: str) -> None:
        """Let module `name`, if it is there, be found as `alias` too."""
        self._late.add(alias)
        if name in sys.modules:
            sys.modules[alias] = self.loaded[alias] = sys.modules[name]

    def present(self) -> dict[str, types.ModuleType]:
        """Return the run's modules that stand in `sys.modules`."""
        return {name: sys.modules[name] for name in self._names() if name in sys.modules}

    def replace(self, modules: dict[str, types.ModuleType]) -> None:
        """Have `modules` stand in `sys.modules`, and no others of the run."""
        for name in self._names():
            if name not in modules:
                sys.modules.pop(name, None)
                self.loaded.pop(name, None)
        sys.modules.update(modules)
        self.loaded.update(modules)

    def _names(self) -> list[str]:
        return [*self._by_name, *self._packages, *self._late]

    def late_spec(self, run: Run, name: str, path: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
        """Return the import spec of a module that the program has without the compiler's knowledge, None for others."""
        spec = late.spec(run, name, path)
        if spec is not None:
            self._late.add(name)
        return spec

    def spec(self, name: str) -> importlib.machinery.ModuleSpec | None:
        """Return the import spec of program module `name`, None if the program has no such module."""
        module = self._by_name.get(name)
        if module is not None:
            loader = BundleLoader(module)
            spec = importlib.machinery.ModuleSpec(name, loader, origin=str(module.path), is_package=module.is_package)
            spec.has_location = True
            if module.is_package:
                spec.submodule_search_locations = [str(module.path.parent)]
            return spec
        if name in self._packages:
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = _namespace_path(name, [self._packages[name]], lambda *args: None)
            return spec
        return None

    def main(self, given: str = "") -> tuple[types.ModuleType, types.CodeType]:
        """Return a fresh `__main__` module and its code; `given`: the program as the command line named it."""
        entry = self._by_name["__main__"]
        module = types.ModuleType("__main__")
        package = self.bundle.manifest["package"]
        names: dict[str, Any] = {"__file__": str(entry.path), "__builtins__": _builtins_module(), "__cached__": None}
        names["__loader__"] = BundleLoader(entry)
        name = None
        if self.bundle.manifest["mode"] == "module":
            name = given if given and given != package else f"{package}.__main__".lstrip(".")
        elif entry.path.name == "__main__.py" and given and not given.endswith("__main__.py"):  # its folder was named
            name = "__main__"
        if name is not None:
            names["__package__"] = package
            spec = importlib.machinery.ModuleSpec(name, BundleLoader(entry))
            spec.origin, spec.has_location = str(entry.path), True
            names["__spec__"] = spec
        module.__dict__.update(names)
        self.loaded["__main__"] = module
        return module, code_of(entry)


_namespace_path: Any = importlib._bootstrap_external._NamespacePath  # type: ignore[attr-defined]


def _builtins_module() -> types.ModuleType:
    import builtins

    return builtins


class BundleLoader(SourceLoader):
    """Gives the import system the generated code of a program module; all else is as for any source file."""

    def __init__(self, module: BundleModule) -> None:
        super().__init__(module.name, str(module.path))
        self._module = module

    def get_code(self, fullname: str) -> types.CodeType:
        return code_of(self._module)

    def get_source(self, fullname: str) -> str:
        return self._module.source

    def is_package(self, fullname: str) -> bool:
        return self._module.is_package


def code_of(module: BundleModule) -> types.CodeType:
    """Return the code of a generated module, with the original's file name and positions."""
    from durable.transpiler.codegen import code_object

    return context.unrecorded(code_object, module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of the run that executes on this thread; installed once in `sys.meta_path`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        run = context.current()
        modules = modules_of(run) if run is not None else None
        if run is None or modules is None:
            return None
        return modules.spec(fullname) if fullname in modules else modules.late_spec(run, fullname, path)


FINDER = Finder()


def install() -> None:
    """Let the import system find the modules of running programs."""
    if FINDER not in sys.meta_path:
        sys.meta_path.insert(0, FINDER)


def modules_of(run: Run) -> Modules:
    """Return the modules of `run`."""
    return cast("Modules", run.modules)


def _packages(modules: MutableMapping[str, BundleModule]) -> dict[str, str]:
    """Return the namespace packages among the modules' parents, with their directory."""
    found: dict[str, str] = {}
    for module in modules.values():
        for parent, depth in _parents(module.name):
            if parent not in modules:
                folder = module.path.parent if not module.is_package else module.path.parent.parent
                for _ in range(depth):
                    folder = folder.parent
                found[parent] = str(folder)
    return found


def _parents(name: str) -> Iterator[tuple[str, int]]:
    parts = name.split(".")
    for depth in range(1, len(parts)):
        yield ".".join(parts[:-depth]), depth - 1
