"""One step of a run on Temporal, from request to event: which activity, which worker, and what after a crash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue, RetryPolicy
from temporalio.converter import StorageDriverWorkflowInfo
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, TimeoutError, TimeoutType

from durable.runner.core.call import Call
from durable.runner.core.messages import Raised
from durable.runner.errors import NotRoutable
from durable.runner.local import doubt
from durable.runner.temporal import performing, routing
from durable.runner.temporal.carrying import Fed
from durable.runner.temporal.live import LiveRun
from durable.runner.temporal.payloads import LARGE, fed_of, raw, summary, ticket
from durable.runner.temporal.serving import PROCESS
from durable.runner.temporal.storage import storage

HEARTBEAT = timedelta(seconds=3)
"""A step whose worker has not been heard of for so long is in doubt."""
_PICKED_UP = timedelta(seconds=3)
_LOCAL = timedelta(seconds=5)
"""A read that takes longer is left to the server to wait for: its workflow task would be prolonged all the time."""
_EVER = timedelta(days=3650)
_ONCE = RetryPolicy(maximum_attempts=1)


@dataclass
class Stepping:
    """Performs `call` of the run registered as `run`.

    `is_alone` says that nothing of the run waits for the server, so a read may be local. `begun` names the execution
    before this one that began the step, which went on in its process meanwhile.
    """

    call: Call
    live: LiveRun
    run: str
    is_alone: bool
    begun: str = ""
    attempts: int = 0
    lost: int = 0
    is_local: bool = False
    _order: dict[str, Any] | None = None

    async def outcome(self) -> Fed:
        """Return the event that records how the step ended."""
        if self.call.site.policy.queue:
            try:
                self._order = routing.order(self.live.run, self.call)
            except NotRoutable as error:
                return Fed(Raised(self.call.seq, self.live.run.encoder.text(error)), workflow.time_ns())
        if self.call.effect == "read" and self.is_alone and self._order is None:
            found = await self._read()
            if found is not None:
                self.is_local = True
                return found
        while True:
            self.attempts += 1
            try:
                return fed_of(await self._write(), self.call.seq)
            except ActivityError as error:
                event = await self._after(error)
                if event is not None:
                    return event

    async def _read(self) -> Fed | None:
        """Perform a read beside the workflow task; None if it takes so long that it should not hold that up."""
        call = self.call
        while True:
            self.attempts += 1
            try:
                found: RawValue = await workflow.execute_local_activity(
                    call.site.callee,
                    raw(ticket(call, self.run, self.attempts)),
                    result_type=RawValue,
                    schedule_to_close_timeout=_LOCAL,
                    retry_policy=_ONCE,
                    activity_id=self._id(),
                    summary=summary(call.site),
                )
                return fed_of(found.payload, call.seq)
            except FailureError as error:
                raised = _raised(error)
                if raised is not None:
                    return fed_of(raised, call.seq)
                if isinstance(error.cause or error, TimeoutError):
                    return None

    async def _write(self) -> Payload:
        call = self.call
        is_again = bool(self.begun) and self.attempts == 1
        own_queue = PROCESS.queue if self.lost or is_again or not PROCESS.is_eager else ""
        if self._order is not None:
            own_queue = ""
        given = {**ticket(call, self.run, self.attempts), **self._note(), **({"again": True} if is_again else {})}
        found: RawValue = await workflow.execute_activity(
            call.site.callee,
            raw(given if self._order is None else {**given, "order": self._kept_order(self._order)}),
            result_type=RawValue,
            task_queue=call.site.policy.queue if self._order is not None else own_queue or None,
            start_to_close_timeout=_EVER,
            schedule_to_start_timeout=_PICKED_UP if own_queue else None,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=_ONCE,
            activity_id=self._id(),
            summary=summary(call.site),
        )
        return found.payload

    def _note(self) -> dict[str, str]:
        """Return the probe's note, which is kept in the history with the step's start; a replay needs none."""
        if self.call.probe is None or self.attempts > 1 or self.begun or workflow.unsafe.is_replaying():
            return {}
        note = performing.note_of(self.live.run, self.call)
        return {} if note is None else {"note": note}

    def _kept_order(self, order: dict[str, Any]) -> dict[str, Any]:
        """Keep the arguments of a routed step outside if they are large; a replay needs none."""
        if len(order["arguments"]) < LARGE or workflow.unsafe.is_replaying():
            return order
        info = workflow.info()
        owner = StorageDriverWorkflowInfo(namespace=info.namespace, id=info.workflow_id, type=info.workflow_type)
        return {**order, "arguments": "", "kept": storage().put(order["arguments"].encode(), owner)}

    def _id(self) -> str:
        return str(self.call.seq) if self.attempts == 1 else f"{self.call.seq}.{self.attempts}"

    async def _after(self, error: ActivityError) -> Fed | None:
        """Return the event of a step whose activity failed, None if it shall be performed (again)."""
        raised = _raised(error)
        if raised is not None:
            return fed_of(raised, self.call.seq)
        if _never_began(error):
            self.lost += 1
            if self.lost == 1 and self.attempts == 1 and not workflow.unsafe.is_replaying():
                PROCESS.is_eager = False
            return None
        return await self._doubt()

    async def _doubt(self) -> Fed | None:
        """Decide about a step that was in flight when its worker died (promise 4)."""
        self.lost += 1
        if self.call.probe is not None:
            settled = await self._look()
            if "outcome" in settled.metadata:
                return fed_of(settled, self.call.seq)
        policy = self.call.site.policy.in_doubt
        if policy == "fail":
            return Fed(doubt.failure(self.live.run, self.call), workflow.time_ns())
        return None

    async def _look(self) -> Payload:
        """Ask the step's probe what became of it."""
        while True:
            try:
                found: RawValue = await workflow.execute_local_activity(
                    f"{self.call.site.callee}: {performing.SETTLE}",
                    raw({"do": performing.SETTLE, "seq": self.call.seq, "run": self.run, "begun": self.begun}),
                    result_type=RawValue,
                    schedule_to_close_timeout=_EVER,
                    retry_policy=_ONCE,
                )
                return found.payload
            except FailureError as error:
                cause = error.cause if isinstance(error, ActivityError) else error
                if not isinstance(cause, ApplicationError) or cause.type != performing.STEP_LOST:
                    raise
                await workflow.sleep(1)  # the process has dropped the run meanwhile, and is making it again


def _raised(error: FailureError) -> Payload | None:
    """Return the payload of the exception that the step raised, None if the activity failed otherwise.

    An activity's failure is the cause of the error, that of a local activity is the error itself.
    """
    cause = error.cause if isinstance(error, ActivityError) else error
    if not isinstance(cause, ApplicationError) or cause.type != performing.STEP_RAISED or cause.failure is None:
        return None
    return cause.failure.application_failure_info.details.payloads[0]


def _never_began(error: ActivityError) -> bool:
    cause = error.cause
    if isinstance(cause, TimeoutError):
        return cause.type == TimeoutType.SCHEDULE_TO_START
    return isinstance(cause, ApplicationError) and cause.type == performing.STEP_LOST
