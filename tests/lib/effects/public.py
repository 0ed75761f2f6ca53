"""The public names of Python's standard library, by importing it and by reading typeshed's stubs.

Names are dotted as a program writes them: `os.path.join`, `zipfile.ZipFile.extract`. Platform modules that this
machine cannot import (`winreg`, `msilib`) and methods that C hides from introspection come from the stubs.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Programs and data that come with Python and are not offered for import; importing some of them does things.
NOT_LIBRARY = frozenset({"antigravity", "idlelib", "pydoc_data", "test", "this", "turtledemo", "lib2to3"})
_VERSION = (3, 11)
_OBJECT = frozenset(dir(object)) | {"__class_getitem__", "__init_subclass__", "__module__", "__weakref__", "__dict__"}
_TEST_PACKAGES = frozenset({"test", "tests", "idle_test"})


@dataclass
class Names:
    """Dotted names by kind."""

    functions: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)

    @property
    def callables(self) -> set[str]:
        return self.functions | self.classes | self.methods

    def __or__(self, other: Names) -> Names:
        return Names(
            self.functions | other.functions,
            self.classes | other.classes,
            self.methods | other.methods,
            self.values | other.values,
        )


def is_public(dotted: str) -> bool:
    """Whether no part of a module's name is private."""
    return not any(part.startswith("_") for part in dotted.split("."))


def modules() -> list[str]:
    """The public modules of this Python's standard library, sorted."""
    tops = {name for name in sys.stdlib_module_names if is_public(name)} - NOT_LIBRARY
    found = set(tops)
    for top in tops:
        package = imported(top)
        for info in pkgutil.walk_packages(getattr(package, "__path__", []), f"{top}.", onerror=lambda name: None):
            parts = set(info.name.split("."))
            if is_public(info.name) and not parts & _TEST_PACKAGES:
                found.add(info.name)
    return sorted(found)


def imported(module: str) -> types.ModuleType | None:
    """The module, None where this machine has no such module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = importlib.import_module(module)
        except ImportError:
            return None
    return None if "site-packages" in (getattr(found, "__file__", None) or "") else found


def by_introspection(module: str) -> Names:
    """The public names that a module has when it is imported."""
    found = Names()
    loaded = imported(module)
    if loaded is None:
        return found
    listed = getattr(loaded, "__all__", None)
    names = listed if listed is not None else [name for name in vars(loaded) if not name.startswith("_")]
    for name in names:
        value = getattr(loaded, name, None)
        if isinstance(value, types.ModuleType) or (listed is None and not _is_own(value, name, module)):
            continue
        dotted = f"{module}.{name}"
        if isinstance(value, type):
            found.classes.add(dotted)
            found.methods.update(f"{dotted}.{method}" for method in _methods(value))
        elif callable(value):
            found.functions.add(dotted)
        else:
            found.values.add(dotted)
    return found


def _is_own(value: object, name: str, module: str) -> bool:
    """Whether a module without `__all__` defines a value itself: helpers that it imports are not its own."""
    home = getattr(value, "__module__", None)
    if not isinstance(home, str) or home == module or not is_public(home):
        return True
    if getattr(sys.modules.get(home), name, None) is not value:
        return True
    return hasattr(sys.modules[module], "__path__") and home.startswith(f"{module}.")


def _methods(cls: type) -> Iterator[str]:
    for name in dir(cls):
        if name in _OBJECT or (name.startswith("_") and not name.endswith("__")):
            continue
        owner = next((base for base in cls.__mro__ if name in vars(base)), None)
        if owner is None or owner is type:
            continue
        value = vars(owner)[name]
        if callable(value) or isinstance(value, classmethod | staticmethod):
            yield name


def by_typeshed(module: str, stubs: Path) -> Names:
    """The public names that typeshed's stub of a module defines, for this version and all platforms."""
    found = Names()
    path = _stub(module, stubs)
    if path is not None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        _collect(tree.body, module, found, is_class=False)
    return found


def typeshed_modules(stubs: Path) -> list[str]:
    """The modules that typeshed has for this version, the private ones too."""
    found = []
    for path in stubs.rglob("*.pyi"):
        parts = path.relative_to(stubs).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name.partition(".")[0] not in NOT_LIBRARY | {"_typeshed"} and _is_in_version(name, stubs):
            found.append(name)
    return sorted(found)


def _stub(module: str, stubs: Path) -> Path | None:
    if not _is_in_version(module, stubs):
        return None
    base = stubs.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".pyi"), base / "__init__.pyi") if path.is_file()), None)


def _is_in_version(module: str, stubs: Path) -> bool:
    """What typeshed's VERSIONS file says; a submodule without a line of its own is as its package."""
    ranges: dict[str, str] = {}
    for line in (stubs / "VERSIONS").read_text(encoding="utf-8").splitlines():
        name, _, versions = line.partition("#")[0].partition(":")
        if versions:
            ranges[name.strip()] = versions.strip()
    while module not in ranges:
        module, dot, _ = module.rpartition(".")
        if not dot:
            return False
    first, _, last = ranges[module].partition("-")
    return _version(first) <= _VERSION and (not last or _version(last) >= _VERSION)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _collect(body: list[ast.stmt], prefix: str, found: Names, *, is_class: bool) -> None:
    for node in body:
        match node:
            case ast.If():
                for branch in _branches(node):
                    _collect(branch, prefix, found, is_class=is_class)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if _is_named(node.name, is_class):
                if not is_class:
                    found.functions.add(f"{prefix}.{node.name}")
                elif not _is_property(node):
                    found.methods.add(f"{prefix}.{node.name}")
            case ast.ClassDef() if not node.name.startswith("_"):
                found.classes.add(f"{prefix}.{node.name}")
                _collect(node.body, f"{prefix}.{node.name}", found, is_class=True)
            case _:
                pass


def _is_named(name: str, is_class: bool) -> bool:
    if name.startswith("__") and name.endswith("__"):
        return is_class and name not in _OBJECT
    return not name.startswith("_")


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    texts = [ast.unparse(one) for one in node.decorator_list]
    return any(text.endswith(("property", ".setter", ".deleter")) for text in texts)


def _branches(node: ast.If) -> Iterator[list[ast.stmt]]:
    """The branches of an `if` that this version may take; one on the platform may go either way."""
    truth = _holds(node.test)
    if truth is not False:
        yield node.body
    if truth is not True:
        yield node.orelse


def _holds(test: ast.expr) -> bool | None:
    if isinstance(test, ast.BoolOp):
        parts = [_holds(value) for value in test.values]
        if isinstance(test.op, ast.And):
            return False if False in parts else None if None in parts else True
        return True if True in parts else None if None in parts else False
    text = ast.unparse(test)
    if not text.startswith("sys.version_info"):
        return False if text == "TYPE_CHECKING" else None
    assert isinstance(test, ast.Compare)
    wanted: tuple[int, ...] = ast.literal_eval(test.comparators[0])
    return wanted <= _VERSION if isinstance(test.ops[0], ast.GtE) else wanted > _VERSION
