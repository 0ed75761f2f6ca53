"""Functions that stand for functions of C, which no class makes a method of itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Standing(functools.partial):  # type: ignore[type-arg]
    """A callable in the place of the builtin `real`; as a class attribute it is what it was (`now = time.time`)."""

    def __new__(cls, function: Callable[..., Any], real: Any) -> Standing:
        self = super().__new__(cls, function)
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(self, name, getattr(real, name, None))
        self.__wrapped__ = real  # type: ignore[attr-defined]
        return self

    def __get__(self, instance: Any, owner: Any = None) -> Standing:
        return self

    def __eq__(self, other: object) -> bool:
        return self.func == (other.func if isinstance(other, Standing) else other)

    def __hash__(self) -> int:
        return hash(self.func)

    def __reduce__(self) -> str:
        return str(self.__qualname__)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return repr(self.__wrapped__)  # type: ignore[attr-defined]
