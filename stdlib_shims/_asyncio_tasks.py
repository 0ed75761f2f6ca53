"""Tasks and futures whose order in a set follows from the program, and what the real module keeps in sets of them."""

from __future__ import annotations

import asyncio
import weakref
from asyncio import tasks as _tasks
from collections.abc import Iterable, Iterator
from typing import Any

from durable.runner import context
from durable.runner.core.scheduler import Stopped
from durable.stdlib_shims._strands import FATAL, threads_of

ENDING = (*FATAL, Stopped)
"""What ends the whole run wherever it is raised: a task must not keep it for whoever may ask."""

_all_tasks = _tasks.all_tasks
_as_completed: Any = _tasks.as_completed


def _steady_hash(self: Any) -> int:
    """Return a hash that is no address (these classes have no `__dict__` that could be asked for)."""
    try:
        return self._durable_hash  # type: ignore[no-any-return]
    except AttributeError:
        run = context.current()
        self._durable_hash = object.__hash__(self) if run is None else next(threads_of(run).count_hash)
        return self._durable_hash  # type: ignore[no-any-return]


class Future(asyncio.Future[Any]):
    """A future that hashes alike on every replay."""

    __hash__ = _steady_hash


class Task(asyncio.Task[Any]):
    """A task that hashes alike on every replay."""

    __hash__ = _steady_hash


for _class in (Future, Task):
    _class.__module__ = "_asyncio"  # as its repr says
    _class.__qualname__ = _class.__name__


class OrderedWeakSet:
    """A `weakref.WeakSet` that iterates in the order in which its members came."""

    def __init__(self) -> None:
        self._refs: dict[int, weakref.ref[Any]] = {}

    def add(self, item: Any) -> None:
        key = id(item)
        if key not in self._refs:
            self._refs[key] = weakref.ref(item, lambda ref: self._drop(key, ref))

    def discard(self, item: Any) -> None:
        self._refs.pop(id(item), None)

    def clear(self) -> None:
        self._refs.clear()

    def _drop(self, key: int, ref: weakref.ref[Any]) -> None:
        if self._refs.get(key) is ref:
            del self._refs[key]

    def __iter__(self) -> Iterator[Any]:
        for ref in list(self._refs.values()):
            item = ref()
            if item is not None:
                yield item

    def __len__(self) -> int:
        return sum(1 for _ in self)


def all_tasks(loop: asyncio.AbstractEventLoop | None = None) -> set[Any]:
    """Return a set of all tasks for the loop."""
    if context.current() is None:
        return _all_tasks(loop)
    chosen: Any = asyncio.get_running_loop() if loop is None else loop
    made = getattr(chosen, "tasks_made", None)
    return _all_tasks(loop) if made is None else {task for task in made if not task.done()}


def as_completed(fs: Any, *, timeout: float | None = None) -> Iterator[Any]:
    """Return an iterator whose values are coroutines; wait for them in turn to get the results as they come."""
    if context.current() is None or asyncio.isfuture(fs) or asyncio.iscoroutine(fs):
        return iter(_as_completed(fs, timeout=timeout))
    return _started(fs, timeout)


def _started(fs: Iterable[Any], timeout: float | None) -> Iterator[Any]:
    """Start coroutines in their order: the real function takes them from a set, by their addresses."""
    yield from _as_completed([_tasks.ensure_future(item) for item in dict.fromkeys(fs)], timeout=timeout)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _tasks
    package: Any = asyncio
    module.all_tasks = package.all_tasks = all_tasks
    module.as_completed = package.as_completed = as_completed
    module._GatheringFuture.__hash__ = _steady_hash
