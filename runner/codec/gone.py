"""What stands for something that a step put into an argument and that could not be stored, once its process is gone."""

from __future__ import annotations

from typing import Any, NoReturn

from durable.runner.errors import ResourceLost


class Gone:
    """Any use of it ends the run; that it is there and is not None can be asked."""

    __slots__ = ("_kind",)

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._lost()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("what was lost cannot be stored")

    def __repr__(self) -> str:
        return f"<{self._kind}, lost in a crash>"

    def _lost(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ResourceLost(
            f"a {self._kind}, which a step put into one of its arguments, was lost in a crash and cannot be opened "
            f"again. Keep its whole use in one function marked `# durable: step`."
        )

    __call__ = __enter__ = __exit__ = __iter__ = __next__ = __len__ = __bool__ = __getitem__ = __contains__ = _lost
