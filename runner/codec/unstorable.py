"""The error for what a record cannot hold."""

from __future__ import annotations


class Unstorable(Exception):
    """A value cannot be stored; `path` is the attribute path to the part that cannot, `part` is its type's name."""

    def __init__(self, path: str, part: str) -> None:
        super().__init__(path, part)
        self.path = path
        self.part = part

    def __str__(self) -> str:
        return f"{self.path} is a {self.part}, which cannot be stored"

    def under(self, step: str) -> Unstorable:
        """Return this with `step` before its path."""
        return Unstorable(step + self.path, self.part)


def type_name(value: object) -> str:
    """Return the class of `value` as people write it."""
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
