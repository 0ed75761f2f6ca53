"""Places whose content each process of a run has of its own, while the objects that hold it stay the same.

Functions and classes are one object for all processes, as the frames of the program refer to them; what they hold (the
names of a module, a variable of a closure, attributes of a class, defaults of a function) is exchanged when another
process goes on.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, Protocol

Copy = Callable[[Any], Any]
_NOTHING = object()


class Place(Protocol):
    """One such place: `take` returns its content, `put` replaces it, `copied` is the content for another process."""

    def take(self) -> Any: ...

    def put(self, content: Any) -> None: ...

    def copied(self, copy: Copy) -> Any: ...


class Names:
    """The names of a module."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def take(self) -> dict[str, Any]:
        return dict(self._names)

    def put(self, content: dict[str, Any]) -> None:
        self._names.clear()
        self._names.update(content)

    def copied(self, copy: Copy) -> dict[str, Any]:
        return {name: copy(value) for name, value in list(self._names.items())}


class Variable:
    """A variable of a closure."""

    def __init__(self, cell: types.CellType) -> None:
        self._cell = cell

    def take(self) -> Any:
        try:
            return self._cell.cell_contents
        except ValueError:
            return _NOTHING

    def put(self, content: Any) -> None:
        if content is not _NOTHING:
            self._cell.cell_contents = content
        elif self.take() is not _NOTHING:
            del self._cell.cell_contents

    def copied(self, copy: Copy) -> Any:
        content = self.take()
        return content if content is _NOTHING else copy(content)


class Attributes:
    """The attributes of a class."""

    _FIXED = frozenset({"__dict__", "__weakref__"})

    def __init__(self, cls: type) -> None:
        self._cls = cls

    def take(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self._cls).items() if name not in self._FIXED}

    def put(self, content: dict[str, Any]) -> None:
        cls, now = self._cls, self.take()
        for name, value in content.items():
            if now.get(name, _NOTHING) is not value:
                type.__setattr__(cls, name, value)
        for name in now.keys() - content.keys():
            type.__delattr__(cls, name)

    def copied(self, copy: Copy) -> dict[str, Any]:
        return {name: copy(value) for name, value in self.take().items()}


class Function:
    """The defaults and the attributes of a function."""

    def __init__(self, function: types.FunctionType) -> None:
        self._function = function

    def take(self) -> tuple[Any, Any, dict[str, Any]]:
        function = self._function
        return function.__defaults__, function.__kwdefaults__, dict(function.__dict__)

    def put(self, content: tuple[Any, Any, dict[str, Any]]) -> None:
        function = self._function
        defaults, by_name, attributes = content
        if function.__defaults__ is not defaults:
            function.__defaults__ = defaults
        if function.__kwdefaults__ is not by_name:
            function.__kwdefaults__ = by_name
        if function.__dict__ or attributes:
            function.__dict__.clear()
            function.__dict__.update(attributes)

    def copied(self, copy: Copy) -> tuple[Any, Any, dict[str, Any]]:
        defaults, by_name, attributes = self.take()
        return copy(defaults), copy(by_name), {name: copy(value) for name, value in attributes.items()}
