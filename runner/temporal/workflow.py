"""The workflow of a program: the loop around a run, with Temporal as its journal.

    feed an event; for each request of the run start an activity, a local activity, a timer or the wait for an update;
    take the first answer; again

All of it is a function of the workflow's history. The class that a bundle's `workflow.py` defines derives from
`ProgramWorkflow` and works in any `temporalio.worker.Worker`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import deque
from concurrent.futures import Future
from concurrent.futures import wait as wait_threads
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ApplicationError

from durable.runner.core.messages import (
    Answered,
    AskPrompt,
    Cancelled,
    Event,
    Fired,
    Perform,
    Request,
    Signalled,
    StartTimer,
    Withdraw,
)
from durable.runner.errors import DurableError
from durable.runner.local import crash
from durable.runner.spec import Outcome
from durable.runner.temporal import live as registry
from durable.runner.temporal import performing, serving
from durable.runner.temporal.carrying import Carried, Fed
from durable.runner.temporal.growth import Growth
from durable.runner.temporal.live import Diverged, Origin
from durable.runner.temporal.looking import Looking
from durable.runner.temporal.moving import Moving
from durable.runner.temporal.payloads import at_of, raw
from durable.runner.temporal.stepping import Stepping

T = TypeVar("T")
SHORT_SLEEP = 1.0
"""Seconds up to which a sleep is a local activity: the server's timers are about a second coarse."""
_SLEPT = timedelta(seconds=3)
_PATIENCE = 1.0
"""Seconds for which the program may compute before the workflow task is kept alive by a local activity."""
_ONCE = RetryPolicy(maximum_attempts=1)
_EVER = timedelta(days=3650)


class ProgramWorkflow(Moving, Looking):
    """One run of a program. A subclass names its bundle and has the `@workflow.run` method."""

    bundle: Path

    def __init__(self) -> None:
        super().__init__()
        self._inbox: deque[Fed] = deque()
        self._wake: asyncio.Future[None] | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._started: set[int] = set()
        self._local: set[int] = set()
        self._growth = Growth()
        self._position = 0
        self._was_cancelled = False
        self._broken: BaseException | None = None

    async def run_program(
        self, arguments: list[str], spec: dict[str, Any] | None = None, carried: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run the program to its end with these arguments; return its outcome, or fail with it as details.

        `spec` and `carried` are what durable itself starts a run with; others give arguments only.
        """
        info = workflow.info()
        self._carried = Carried.of(carried, int(info.workflow_start_time.timestamp() * 1e9))
        seed = f"{info.workflow_id}:{info.first_execution_run_id}"
        is_pinned = info.get_current_deployment_version() is not None
        start = serving.Start(info.workflow_id, seed, self._carried.started, is_pinned)
        origin = serving.origin_of(self.bundle, arguments, spec, start)
        self._arguments: list[Any] = [arguments, serving.stored_spec(origin.spec)]
        self.key = info.first_execution_run_id
        await self._come_back()
        self._live = registry.attach(self.key, origin)
        is_finished = False
        try:
            outcome = await self._drive(origin)
            is_finished = True
        finally:
            registry.detach(self.key, is_finished)
        return self._finish(outcome)

    async def _drive(self, origin: Origin) -> Outcome:
        await self._catch_up(origin)
        while self._live.outcome is None:
            fed = await self._next()
            if self._is_wanted(fed):
                self._growth.add(fed, is_local=getattr(fed.event, "seq", -1) in self._local)
                requests = await self._advance(fed)
                self._track(requests)
                if self._live.outcome is None and self._is_time_to_move():
                    await self._move()
                self._begin_open()
        for task in self._tasks.values():
            task.cancel()
        return self._live.outcome

    async def _catch_up(self, origin: Origin) -> None:
        """Come to where the run was in the execution before this one, then start what is open."""
        try:
            answer = self._live.come_to(self._carried)
        except Diverged:  # the process has the run at another place: this is a look back, or an operator's reset
            registry.detach(self.key, is_finished=False)
            self.key = workflow.info().run_id
            self._live = registry.attach(self.key, origin)
            answer = self._live.come_to(self._carried)
        open_now = await self._answered(-1, answer)
        self.open.update(open_now)
        for fed in self._carried.pending:
            seq = getattr(fed.event, "seq", -1)
            self._started.add(seq)
            self.answering.add(seq)
            self._put(fed.event or Cancelled(), fed.at, fed.source)
        self._begin_open()

    def _is_wanted(self, fed: Fed) -> bool:
        """Say whether the program still waits for this event, and take it from what is open."""
        if isinstance(fed.event, Signalled | Cancelled | None):
            return True
        self._started.discard(fed.event.seq)
        return self.open.pop(fed.event.seq, None) is not None

    async def _next(self) -> Fed:
        """Return the oldest answer that was not fed yet."""
        while not self._inbox and self._broken is None:
            self.tell_current()
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            except asyncio.CancelledError:
                self._cancelled()
        if self._broken is not None:
            raise self._broken
        return self._inbox.popleft()

    def _cancelled(self) -> None:
        """Take the cancellation of this workflow for the program; re-raise one that only drops the workflow object."""
        if self._was_cancelled or workflow.cancellation_reason() is None:
            raise asyncio.CancelledError
        self._was_cancelled = True
        self._put(Cancelled())

    def _put(self, event: Event, at: int | None = None, source: str = "") -> None:
        self._inbox.append(Fed(event, workflow.time_ns() if at is None else at, source))
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    # Feeding the program

    async def _advance(self, fed: Fed) -> list[Request]:
        """Feed the run. While the program computes for long, a local activity keeps the workflow task alive."""
        position = self._position
        self._position += 1
        try:
            answer = self._live.advance(position, fed)
        except Diverged:
            self._live = registry.replace(self.key, position)
            answer = self._live.advance(position, fed)
        requests: list[Request] = await self._answered(position, answer)
        if not workflow.unsafe.is_replaying() and crash.point is not None and fed.event is not None:
            crash.point(f"recorded {getattr(fed.event, 'seq', '')}")
        return requests

    async def _answered(self, position: int, answer: Future[T]) -> T:
        """Wait for the answer to what was fed at `position`."""
        name = f"computing-{position}"
        is_long = workflow.unsafe.is_replaying() and workflow.patched(name)
        if not is_long and not workflow.unsafe.is_replaying() and not wait_threads((answer,), _PATIENCE).done:
            is_long = workflow.patched(name)
        if is_long:
            await self._compute(position)
        try:
            return answer.result()
        except DurableError as error:
            failed = {**dataclasses.asdict(Outcome("failed", error.exit_code, str(error))), "steps": self.count_steps()}
            raise ApplicationError(str(error), failed, type=type(error).__name__, non_retryable=True) from error
        except BaseException:
            registry.drop(self.key)
            raise

    async def _compute(self, position: int) -> None:
        activity = workflow.start_local_activity(
            performing.COMPUTE,
            raw({"position": position, "run": self.key}),
            schedule_to_close_timeout=_EVER,
            retry_policy=_ONCE,
        )
        await self._through(activity)

    def _track(self, requests: list[Request]) -> None:
        """Keep what is open up to date with what the run asked for now."""
        for request in requests:
            if not isinstance(request, Withdraw):
                self.open[request.seq] = request
                continue
            self.open.pop(request.seq, None)
            task = self._tasks.pop(request.seq, None)
            if task is not None:
                task.cancel()

    def _begin_open(self) -> None:
        """Start what is open and was not started yet."""
        for seq, request in list(self.open.items()):
            if seq in self._started:
                continue
            self._started.add(seq)
            if isinstance(request, Perform):
                self._begin(seq, self._perform(request))
            elif isinstance(request, StartTimer):
                self._begin(seq, self._time(request))
            elif isinstance(request, AskPrompt):
                self.tell_asked(request)

    def _begin(self, seq: int, work: Any) -> None:
        task = self._tasks[seq] = asyncio.create_task(work)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let an error of durable's own fail the workflow task instead of being lost."""
        if not task.cancelled() and task.exception() is not None:
            self._broken = task.exception()
            if self._wake is not None and not self._wake.done():
                self._wake.set_result(None)

    # Answers

    async def _perform(self, request: Perform) -> None:
        stepping = Stepping(
            request.call,
            self._live,
            self.key,
            is_alone=self._has_no_write_open(request.seq) and not self._growth.is_to_be_sent(),
            begun=self._carried.begun.get(request.seq, ""),
        )
        fed = await stepping.outcome()
        if stepping.is_local:
            self._local.add(request.seq)
        self._tasks.pop(request.seq, None)
        performing.forget(self.key, request.seq)
        self._put(fed.event or Cancelled(), fed.at)

    def _has_no_write_open(self, seq: int) -> bool:
        """Say whether no answer from the server is awaited: a read as local activity would hold up its delivery."""
        return not any(
            isinstance(other, Perform) and other.call.effect != "read" for at, other in self.open.items() if at != seq
        )

    async def _time(self, request: StartTimer) -> None:
        until = self._carried.until.get(request.seq)
        seconds = request.seconds if until is None else max(0.0, until - workflow.time())
        self.until[request.seq] = workflow.time() + seconds
        if seconds <= SHORT_SLEEP:
            at = await self._sleep(request.seq, seconds)
        else:
            await workflow.sleep(seconds, summary=self.place_of(request))
            at = workflow.time_ns()
        self._tasks.pop(request.seq, None)
        self.until.pop(request.seq, None)
        self._put(Fired(request.seq), at)

    async def _sleep(self, seq: int, seconds: float) -> int:
        """Sleep in an activity, which is local if that holds up nothing; return when that ended."""
        ticket = raw({"seconds": seconds})
        if self._has_no_write_open(seq):
            self._local.add(seq)
            found: RawValue = await workflow.execute_local_activity(
                performing.SLEEP,
                ticket,
                schedule_to_close_timeout=_EVER,
                retry_policy=_ONCE,
                result_type=RawValue,
            )
            return at_of(found.payload)
        found = await workflow.execute_activity(
            performing.SLEEP,
            ticket,
            schedule_to_close_timeout=_EVER,
            start_to_close_timeout=_SLEPT,
            activity_id=f"sleep-{seq}",  # the SDK's own numbers are those of steps
            result_type=RawValue,
        )
        return at_of(found.payload)

    @workflow.update
    def answer(self, text: str, prompt: str = "", source: str = "answer") -> int:
        """Answer the oldest open prompt, or the one with this text or number; return its number."""
        seq = self.prompt_named(prompt)
        assert seq is not None
        self.answering.add(seq)
        self.tell_answered(seq, text, source)
        self._put(Answered(seq, json.dumps(text, ensure_ascii=False)), source=source)
        return seq

    @answer.validator
    def _is_asked(self, text: str, prompt: str = "", source: str = "answer") -> None:
        if self.prompt_named(prompt) is None:
            asked = f"the prompt {prompt!r} is not open" if prompt else "no prompt is open"
            raise ApplicationError(asked, type="NoSuchPrompt", non_retryable=True)

    @workflow.signal
    def signal(self, name: str, value: Any = None) -> None:
        """Deliver a signal ("SIGTERM", or any name) to the program."""
        self._put(Signalled(name, json.dumps(value)))

    # The end

    def _finish(self, outcome: Outcome) -> dict[str, Any]:
        found = {**dataclasses.asdict(outcome), "steps": self.count_steps()}
        workflow.upsert_memo({"outcome": found})
        result = {**found, "output": self.small_output()}
        if outcome.status == "cancelled" and self._was_cancelled:
            raise asyncio.CancelledError(outcome.error)
        if outcome.status != "completed":
            raise ApplicationError(outcome.error, result, type="ProgramFailed", non_retryable=True)
        return result
