"""What a run needs of those around it: of the engine that drives it, and of the shims that gave it child processes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from durable.runner.core.call import Call


class Host(Protocol):
    """What an engine does for a run within an activation, without suspending it.

    `activation` numbers the present activation: the same on every replay, and growing.
    """

    activation: int

    @property
    def is_past(self) -> bool:
        """Say whether the journal goes on behind the present activation."""
        ...

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        """Return the recorded value of the moment, or `produce()` and record it. JSON values only."""

    def emit(self, fd: int, data: bytes) -> None:
        """Take output of the program for file descriptor 1 or 2."""


class Memories(Protocol):
    """What a run that has had child processes knows of theirs (`stdlib_shims/_processes.py`)."""

    def table_of(self, key: str, table: dict[str, Any]) -> dict[str, Any]:
        """Return where the value of `key` is for the process at work: `table` is the program's own."""
        ...

    def tables(self) -> list[dict[str, Any]]:
        """Return the values of all processes, those that `table_of` finds."""
        ...

    def performing(self, call: Call) -> AbstractContextManager[None]:
        """Inside the block the step `call` is performed by this thread."""
        ...

    def executing(self) -> AbstractContextManager[None]:
        """Inside the block strands execute."""
        ...


class NoHost:
    """The host of a run that was dropped: what its strands do while they unwind is not recorded."""

    is_past = False

    def __init__(self, activation: int) -> None:
        self.activation = activation

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        return produce()

    def emit(self, fd: int, data: bytes) -> None:
        pass
