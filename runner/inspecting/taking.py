"""A replayed run to its picture."""

from __future__ import annotations

import linecache
import types
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from durable.runner import context
from durable.runner.inspecting.locks import held_locks, names_of_locks
from durable.runner.inspecting.picture import FrameShown, Moment, Picture, StrandShown
from durable.runner.inspecting.stacks import Spot, Stack, stack_of_error, stacks_of
from durable.runner.inspecting.values import Shown, data_of
from durable.runner.inspecting.waiting import Facts, waiting_on
from durable.runner.run import Run


class Looked:
    """A run that was replayed to some moment and is looked at there.

    `uncaught` is the exception that ended its program; `computing` the frame that executes just now, if one does.
    """

    def __init__(self, run: Run, shown: Shown, facts: Facts) -> None:
        self.run = run
        self.shown = shown
        self.facts = facts
        self.uncaught: BaseException | None = None
        self.computing: types.FrameType | None = None

    def stacks(self) -> list[Stack]:
        """Return the lines of control, the main one first."""
        with context.outside():
            found = stacks_of(self.run, self.computing)
            if self.run.is_finished and self.uncaught is not None:
                found.insert(0, stack_of_error(self.run.scheduler.strands[0], self.uncaught))
            return found

    def picture(self, moment: Moment) -> Picture:
        stacks = self.stacks()
        with context.outside():
            names = names_of_locks(self.run, stacks)
        strands = tuple(self._strand(stack, moment, names) for stack in stacks)
        return Picture(moment.run, moment.at, strands)

    def _strand(self, stack: Stack, moment: Moment, names: dict[int, str]) -> StrandShown:
        is_over = stack.strand.done
        with context.outside():
            spots = stack.shown(self.run, moment.everything)
            wait = waiting_on(stack, self.run, self.facts) if not is_over else ""
            locks = () if stack.task is not None or is_over else held_locks(stack.strand, names)
        with looking(self.run, stack):
            if is_over:
                wait = f"nothing: it ended with {self.shown.text(self.uncaught)}"
            frames = tuple(map(self._frame, spots))
        return StrandShown(stack.name, wait, frames, locks)

    def _frame(self, spot: Spot) -> FrameShown:
        code = spot.frame.f_code
        with context.outside():
            source = linecache.getline(code.co_filename, spot.line).strip()
            values = data_of(spot.frame)
        texts = {name: self.shown.local(name, value) for name, value in values.items()}
        return FrameShown(code.co_filename, spot.line, code.co_name, source, texts)


@contextmanager
def looking(run: Run, stack: Stack) -> Iterator[None]:
    """Inside the block code of the program may be called as if its strand did, and can touch nothing (`Stopped`)."""
    scheduler = run.scheduler
    with nullcontext() if run.is_entered else run.entered():
        before = context.enter(run), scheduler.current, scheduler.stopped, run.violation, run.host
        scheduler.current, scheduler.stopped = stack.strand, True
        try:
            yield
        finally:
            outer, scheduler.current, scheduler.stopped, run.violation, run.host = before
            context.enter(outer)
