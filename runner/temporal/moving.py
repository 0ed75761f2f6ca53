"""How a run goes on in a new execution before its history meets the server's limits: by continue-as-new.

The journal goes with it: what is old as parts kept outside, each written once, the rest in the new execution's input.
The program notices nothing; its live objects stay in the process, which the new execution looks for first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError

from durable.runner.core.messages import Perform, Request
from durable.runner.temporal import performing, serving
from durable.runner.temporal.carrying import Carried, Fed, Part, weight_of
from durable.runner.temporal.growth import SMALL, Growth
from durable.runner.temporal.live import LiveRun
from durable.runner.temporal.payloads import raw, value_of

T = TypeVar("T")
_SLOWEST_TASK = 120.0
_REPLAYED_IN_A_SECOND = 4_000
_EVER = timedelta(days=3650)
_ONCE = RetryPolicy(maximum_attempts=1)
_ANSWERS = timedelta(seconds=2)
_TRIES = 20


class Moving:
    """The part of a workflow that begins and ends its executions."""

    key: str
    open: dict[int, Request]
    until: dict[int, float]
    _arguments: list[Any]
    _carried: Carried
    _growth: Growth
    _inbox: deque[Fed]
    _live: LiveRun
    _position: int
    _started: set[int]
    _tasks: dict[int, asyncio.Task[None]]

    def _is_time_to_move(self) -> bool:
        """Say whether the history is so long that the run should go on in a new execution, if nothing is in flight.

        What has come and was not fed yet says nothing: a replay may be given two answers at once that came one by one.
        """
        if not self._growth.is_long():
            return False
        begun = [self.open[seq] for seq in self._started if seq in self.open]
        return self._growth.is_too_long() or not any(isinstance(request, Perform) for request in begun)

    def _in_flight(self) -> list[int]:
        return [seq for seq in self.open if seq in self._tasks]

    async def _move(self) -> None:
        """Continue as new, carrying the journal."""
        kept, end = self._carried.kept, self._carried.count + self._position
        tail = self._live.events(kept, end)
        parts = self._carried.parts
        if sum(map(weight_of, tail)) > SMALL:
            parts, tail = (*parts, await self._kept(kept, end)), ()
        here = workflow.info().run_id
        begun = {
            seq: self._carried.begun.get(seq, here)
            for seq in self._in_flight()
            if isinstance(request := self.open[seq], Perform) and request.call.effect != "read"
        }
        pending, until = tuple(self._inbox), {**self._waiting(), **self.until}
        carried = Carried(self._carried.started, parts, tail, until, begun, pending, serving.PROCESS.queue)
        self._live.moved = carried
        seconds = min(_SLOWEST_TASK, 2 * serving.TASK_SECONDS + carried.count / _REPLAYED_IN_A_SECOND)
        workflow.continue_as_new(args=[*self._arguments, carried.stored()], task_timeout=timedelta(seconds=seconds))

    def _waiting(self) -> dict[int, float]:
        """Return when the timers are due that were carried here and have not been started yet."""
        return {seq: until for seq, until in self._carried.until.items() if seq in self.open}

    async def _kept(self, start: int, end: int) -> Part:
        """Have the events from `start` to `end` of the journal kept outside."""
        asked = {"do": performing.KEEP, "run": self.key, "start": start, "end": end}
        activity = workflow.start_local_activity(
            performing.KEEP, raw(asked), result_type=RawValue, schedule_to_close_timeout=_EVER
        )
        return Part(end - start, value_of((await self._through(activity)).payload))

    async def _through(self, activity: asyncio.Future[T]) -> T:
        """Return what an activity of the engine's own returns; a cancellation of the workflow is for the program."""
        while True:
            try:
                return await asyncio.shield(activity)
            except asyncio.CancelledError:
                self._cancelled()

    def _cancelled(self) -> None:
        raise NotImplementedError

    async def _come_back(self) -> None:
        """Try to begin in the process that has the run's live objects, if it lives: another would make them again."""
        if not self._carried.holder:
            return
        for number in range(_TRIES):
            asked = {"do": performing.HOLDS, "run": self.key, "holder": self._carried.holder}
            looking = workflow.start_local_activity(
                performing.HOLDS, raw(asked), result_type=RawValue, schedule_to_close_timeout=_EVER, retry_policy=_ONCE
            )
            if value_of((await self._through(looking)).payload):
                return
            calling = workflow.start_activity(
                performing.CALL_BACK,
                raw({"do": performing.CALL_BACK, "run": self.key}),
                result_type=RawValue,
                task_queue=self._carried.holder,
                activity_id=f"call-{number}",
                schedule_to_start_timeout=_ANSWERS,
                start_to_close_timeout=_ANSWERS,
                retry_policy=_ONCE,
            )
            try:
                await self._through(calling)
            except ActivityError:
                return
