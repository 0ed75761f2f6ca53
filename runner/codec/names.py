"""Names in records and what they may stand for: classes and functions that are loaded already, never loaded for one.

A record names a class or function as "module:qualname". The name is looked up in the program's own modules first, then
in modules that are imported already. What is *called* while a record is loaded (promise 12): plain classes of the
standard library (the list below), classes of the program and of libraries that neither are nor derive from anything
that the catalogue calls effectful, and a few functions that only make values.
"""

from __future__ import annotations

import copyreg
import sys
import types
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from durable.runner import context
from durable.runner.codec import local_classes
from durable.runner.errors import UnsafeRecord
from durable.runner.standing import Standing

# Reconstructors of pickle's protocol (PEP 307) that call nothing but the given class's __new__.
RECONSTRUCTORS: dict[str, Callable[..., Any]] = {
    "copyreg:__newobj__": copyreg.__newobj__,  # type: ignore[attr-defined]
    "copyreg:__newobj_ex__": copyreg.__newobj_ex__,  # type: ignore[attr-defined]
}
_RECONSTRUCT = frozenset(f"numpy.{core}.multiarray:_reconstruct" for core in ("core", "_core"))
# What pickle calls to make values of numpy and pandas; classes among their arguments must be of the same package.
_MAKERS = frozenset(
    """
    numpy.core.multiarray:scalar numpy._core.multiarray:scalar numpy.ma.core:_mareconstruct
    numpy.random._pickle:__generator_ctor numpy.random._pickle:__bit_generator_ctor
    numpy.random._pickle:__randomstate_ctor numpy.random.bit_generator:__pyx_unpickle_SeedSequence
    pandas._libs.arrays:__pyx_unpickle_NDArrayBacked pandas._libs.internals:_unpickle_block
    pandas._libs.tslibs.nattype:_nat_unpickle pandas._libs.tslibs.timedeltas:_timedelta_unpickle
    pandas._libs.tslibs.timestamps:_unpickle_timestamp pandas.core.indexes.base:_new_Index
    pandas.core.indexes.datetimes:_new_DatetimeIndex pandas.core.indexes.interval:_new_IntervalIndex
    pandas.core.indexes.period:_new_PeriodIndex""".split()
)
_SAFE_FUNCTIONS = frozenset({"re:_compile", "array:_array_reconstructor", "logging:getLogger"}) | _RECONSTRUCT | _MAKERS
_PLAIN_NAMES = """
    builtins:object builtins:set builtins:frozenset builtins:bytearray builtins:complex builtins:range builtins:slice
    collections:deque collections:OrderedDict collections:defaultdict collections:Counter
    datetime:date datetime:time datetime:datetime datetime:timedelta datetime:timezone
    decimal:Decimal decimal:Context fractions:Fraction uuid:UUID
    pathlib:PurePosixPath pathlib:PosixPath pathlib:PureWindowsPath pathlib:WindowsPath
    ipaddress:IPv4Address ipaddress:IPv6Address ipaddress:IPv4Network ipaddress:IPv6Network
    ipaddress:IPv4Interface ipaddress:IPv6Interface
    types:SimpleNamespace random:Random _io:StringIO _io:BytesIO xml.etree.ElementTree:Element
    http.client:HTTPResponse"""
_PLAIN_CLASSES = frozenset(_PLAIN_NAMES.split())
# What the catalogue knows as more than values, yet is made by its state alone.
_ADMITTED = frozenset({"requests.sessions:Session", "http.client:HTTPResponse", "requests.models:Response"})
_SAFE_NEW: tuple[Any, ...] = tuple(
    kind.__new__ for kind in (object, list, dict, set, frozenset, tuple, int, str, float, complex, bytes, bytearray)
)
_EFFECTFUL = frozenset({"read", "write", "open", "wait", "spawn", "refused"})
_HARMLESS = frozenset({"pure", "inline", "ambient"})
_NEVER_NAMED = frozenset(
    f"builtins:{name}"
    for name in ("eval", "exec", "compile", "__import__", "open", "input", "breakpoint", "getattr", "setattr")
)

# Modules whose functions run code that they are given as text, as bytes or by name.
_RUNNERS = frozenset(
    """bdb cProfile code codeop doctest imp importlib marshal modulefinder pdb pickle pickletools pkgutil profile pydoc
    runpy site timeit trace zipimport""".split()
)


_LONGEST = 10_000_000


class Namespace:
    """Finds what a record names; `modules` are the program's own, by name."""

    def __init__(self, modules: Mapping[str, types.ModuleType]) -> None:
        self._modules = modules
        self._constructors: dict[str, Callable[..., Any]] = {}
        self._names: dict[Any, str] = {}

    def is_of_program(self, cls: type) -> bool:
        """Say whether `cls` is a class of one of the program's modules."""
        return cls.__module__ in self._modules

    def find(self, name: str) -> Any:
        """Return the loaded class or function called `name`; raise UnsafeRecord if there is none."""
        module_name, _, qualname = name.partition(":")
        if "#" in qualname:
            return self._find_local(module_name, qualname, name)
        module = self._modules.get(module_name) or sys.modules.get(module_name)
        if module is None:
            raise UnsafeRecord(f"a record names {name!r}, but the module {module_name!r} is not loaded")
        found: Any = module
        for part in qualname.split("."):
            if found is not module and not isinstance(found, type):
                raise UnsafeRecord(f"a record names {name!r}, which is not a class or function of that module")
            found = getattr(found, part, None)
        if not _is_nameable(found) or getattr(found, "__module__", None) != module_name:
            raise UnsafeRecord(f"a record names {name!r}, which is not a class or function of that module")
        return found

    def _find_local(self, module_name: str, qualname: str, name: str) -> type:
        """Return the class of the program that one of its functions has made."""
        parts = local_classes.split(qualname) if module_name in self._modules else None
        found = local_classes.living_class(module_name, *parts) if parts is not None else None
        if found is None:
            raise UnsafeRecord(f"a record names {name!r}, a class which the program has not made when it is read")
        return found

    def value(self, name: str) -> Any:
        """Return the class or function `name` as a value; raise UnsafeRecord for a function with effects."""
        found = self.find(name)
        if not _may_be_a_value(found, name):
            raise UnsafeRecord(f"a record holds {name!r}, which touches the world")
        return found

    def names(self, obj: Any) -> str | None:
        """Return the name under which `find` gives the class or function `obj` back, None if there is none."""
        known = self._names.get(obj)
        if known is not None:
            return known
        if local_classes.is_local(obj):
            is_ours = obj.__module__ in self._modules
            return f"{obj.__module__}:{obj.__qualname__}{local_classes.ordinal(obj)}" if is_ours else None
        for name in self._candidates(obj):
            try:
                if self.find(name) is obj:
                    self._names[obj] = name
                    return name
            except UnsafeRecord:
                continue
        return None

    def value_name(self, obj: Any) -> str | None:
        """Return the name under which `value` gives `obj` back, None if there is none."""
        name = self.names(obj)
        return name if name is not None and _may_be_a_value(obj, name) else None

    def _candidates(self, obj: Any) -> list[str]:
        module = getattr(obj, "__module__", None)
        qualname = getattr(obj, "__qualname__", None)
        if not isinstance(module, str) or not isinstance(qualname, str) or "<" in qualname:
            return []
        # `shutil.disk_usage` returns a class that its module knows by another name than its own.
        home = vars(self._modules.get(module) or sys.modules.get(module) or types)
        aliases = [f"{module}:{key}" for key, item in home.items() if item is obj] if qualname not in home else []
        return [f"{module}:{qualname}", *aliases]

    def constructor(self, name: str) -> Callable[..., Any]:
        """Return what `name` stands for if it may be called while a record is loaded; raise UnsafeRecord if not."""
        known = RECONSTRUCTORS.get(name) or self._constructors.get(name)
        if known is not None:
            return known
        found = self.find(name)
        if not (name in _SAFE_FUNCTIONS or (isinstance(found, type) and _is_inert(found, name))):
            raise UnsafeRecord(f"a record wants to call {name!r}, which is not a plain class")
        if "#" not in name:
            self._constructors[name] = found
        return found  # type: ignore[no-any-return]

    def check_arguments(self, name: str, args: list[Any]) -> None:
        """Raise UnsafeRecord where what makes values is given an endless range, or a class from another library."""
        if name == "pandas._libs.internals:_unpickle_block":
            _check_block(*args)
        if any(isinstance(arg, range) and not -_LONGEST < arg.stop - arg.start < _LONGEST for arg in args):
            raise UnsafeRecord(f"a record wants {name!r} to be made of more than it can hold")
        if name not in _MAKERS:
            return
        top = name.partition(".")[0]
        for arg in args:
            if isinstance(arg, type) and arg.__module__.partition(".")[0] != top:
                raise UnsafeRecord(f"a record wants {name!r} to make a {arg.__qualname__}")

    def check_made(self, cls: Any) -> None:
        """Raise UnsafeRecord unless `cls.__new__` may be called while a record is loaded."""
        name = self.names(cls) if isinstance(cls, type) else None
        if name is None or not (_has_safe_new(cls) or _is_inert(cls, name)) or _is_effectful(cls, name):
            raise UnsafeRecord(f"a record wants to make a {name or cls!r}, which is not a plain class")

    def is_constructor(self, obj: Any) -> str | None:
        """Return the name of `obj` if a record may call it when loaded, else None."""
        for reconstructor, function in RECONSTRUCTORS.items():
            if function is obj:
                return reconstructor
        try:
            name = self.names(obj) if _is_nameable(obj) else None
            return name if name is not None and self.constructor(name) is obj else None
        except UnsafeRecord:
            return None


def _check_block(values: Any, placement: Any, ndim: int) -> None:
    """Raise UnsafeRecord for a block of a table that does not have its shape: pandas would take it unseen."""
    shape = getattr(values, "shape", None)
    is_placed = isinstance(placement, slice) or getattr(placement, "ndim", 0) == 1
    if not (isinstance(shape, tuple) and 0 < len(shape) <= ndim <= 2 and is_placed):
        raise UnsafeRecord("a record holds a table with a block of another shape")


def _is_nameable(obj: Any) -> bool:
    if isinstance(obj, type | types.FunctionType | Standing) or type(obj).__name__ == "cython_function_or_method":
        return True
    return isinstance(obj, types.BuiltinFunctionType) and isinstance(obj.__self__, types.ModuleType | None)


def _is_inert(cls: type, name: str) -> bool:
    """Say whether calling `cls` only makes a value."""
    if _is_standard(name):
        return name in _PLAIN_CLASSES or issubclass(cls, Enum) or (issubclass(cls, tuple) and _is_record(cls))
    return not _is_effectful(cls, name)


def _is_record(cls: type) -> bool:
    return hasattr(cls, "n_sequence_fields") or hasattr(cls, "_fields")


def _has_safe_new(cls: type) -> bool:
    return any(cls.__new__ is new for new in _SAFE_NEW)


def _is_effectful(cls: type, name: str) -> bool:
    if name in _ADMITTED:
        return False
    return any(_effect(f"{base.__module__}.{base.__qualname__}") in _EFFECTFUL for base in cls.__mro__)


def _may_be_a_value(obj: Any, name: str) -> bool:
    """Say whether a record may hold a reference to `obj`, to be called by nobody but the program."""
    if name in _NEVER_NAMED:
        return False
    dotted = name.replace(":", ".")
    if isinstance(obj, type):
        return _effect(dotted) not in _EFFECTFUL
    if _is_standard(name):
        is_runner = dotted.partition(".")[0] in _RUNNERS
        return name in _SAFE_FUNCTIONS or (not is_runner and _effect(dotted) in _HARMLESS)
    return _effect(dotted) not in _EFFECTFUL


def _is_standard(name: str) -> bool:
    top = name.partition(":")[0].partition(".")[0]
    return top in sys.stdlib_module_names and top != "__main__"


def _effect(dotted: str) -> str:
    """Return the effect that the catalogue names for exactly this callable, "" if it names none."""
    from durable.transpiler.catalogue import lookup

    entry = context.unrecorded(lookup, dotted)
    return "" if entry is None or not entry.is_sure else entry.effect.value
