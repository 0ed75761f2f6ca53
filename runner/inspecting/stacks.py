"""Where a run's strands stand: suspended greenlets, tasks of an event loop or a traceback → frames, innermost last."""

from __future__ import annotations

import gc
import inspect
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from durable.runner.codec.frames import is_own
from durable.runner.core.scheduler import Strand
from durable.runner.run import Run

_MACHINERY = ("<frozen importlib", "<string>")
_WRAPPERS = frozenset({"async_generator_asend", "async_generator_athrow", "coroutine_wrapper"})


class Spot(NamedTuple):
    """A frame and the line that it executes."""

    frame: types.FrameType
    line: int


@dataclass(frozen=True)
class Stack:
    """One line of control: all its frames, durable's own among them, innermost last.

    `task` is the asyncio task that it is; None for a strand.
    """

    name: str
    strand: Strand
    spots: tuple[Spot, ...]
    task: Any = None

    def shown(self, run: Run, everything: bool) -> list[Spot]:
        """Return the program's frames; with `everything` also those of libraries, never durable's own."""
        return [spot for spot in self.spots if _is_shown(spot.frame.f_code.co_filename, run, everything)]


def is_program(spot: Spot, run: Run) -> bool:
    """Say whether a frame is one of the program's modules."""
    return spot.frame.f_code.co_filename in run.sites.files


def _is_shown(file: str, run: Run, everything: bool) -> bool:
    if file in run.sites.files:
        return True
    return everything and not is_own(file) and not file.startswith(_MACHINERY)


def stacks_of(run: Run, computing: types.FrameType | None = None) -> list[Stack]:
    """Return the lines of control that have not ended, each event loop's tasks behind the strand that runs it.

    `computing` is the innermost frame of the strand that executes just now, if one does.
    """
    found: list[Stack] = []
    tasks = list(_tasks(run))
    for strand in run.scheduler.strands:
        if strand.done or strand.glet is None:
            continue
        top = computing if computing is not None and strand is run.scheduler.current else strand.glet.gr_frame
        stack = Stack(strand.name, strand, tuple(_chain(top)))
        found.append(stack)
        mine = {id(spot.frame) for spot in stack.spots}
        for task, frames in tasks:
            is_here = strand.local.get("asyncio") is not None and strand.local["asyncio"].loop is task.get_loop()
            if is_here and frames and id(frames[0].frame) not in mine:
                found.append(Stack(task.get_name(), strand, tuple(frames), task))
    return found


def stack_of_error(strand: Strand, error: BaseException) -> Stack:
    """Return where an exception was raised which nobody caught."""
    spots = []
    link = error.__traceback__
    while link is not None:
        spots.append(Spot(link.tb_frame, link.tb_lineno))
        link = link.tb_next
    return Stack(strand.name, strand, tuple(spots))


def _chain(frame: types.FrameType | None) -> list[Spot]:
    spots = []
    while frame is not None:
        spots.append(Spot(frame, frame.f_lineno))
        frame = frame.f_back
    return spots[::-1]


def _tasks(run: Run) -> Iterator[tuple[Any, list[Spot]]]:
    """Yield the unfinished tasks of the run's event loops in the order in which they were made, with their frames."""
    loops: Any = sys.modules.get("durable.stdlib_shims._asyncio_tasks")
    if loops is None:
        return
    for loop in run.local("asyncio.loops", loops.OrderedWeakSet):
        for task in loop.tasks_made:
            if not task.done():
                yield task, list(_awaiting(task.get_coro()))


def _awaiting(awaitable: Any) -> Iterator[Spot]:
    """Yield the frames of a suspended coroutine and of what it awaits, outermost first."""
    while awaitable is not None:
        if inspect.iscoroutine(awaitable):
            frame, inner = awaitable.cr_frame, awaitable.cr_await
        elif inspect.isasyncgen(awaitable):
            frame, inner = awaitable.ag_frame, awaitable.ag_await
        elif inspect.isgenerator(awaitable):
            frame, inner = awaitable.gi_frame, awaitable.gi_yieldfrom
        elif type(awaitable).__name__ in _WRAPPERS:
            awaitable = _wrapped(awaitable)
            continue
        else:
            return
        if frame is None:
            return
        yield Spot(frame, frame.f_lineno)
        awaitable = inner


def _wrapped(awaitable: Any) -> Any:
    """Return the generator or coroutine that an object of the interpreter's own drives; it has no attribute for it."""
    for item in gc.get_referents(awaitable):
        if inspect.isasyncgen(item) or inspect.iscoroutine(item):
            return item
    return None
