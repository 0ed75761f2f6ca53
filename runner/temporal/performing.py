"""The activities: they perform a run's live calls in worker threads of the process that holds the run.

One dynamic activity stands for all callees, so a step's activity type is the callee's name. A step is performed once in
a process: a second activity for it (its first was given up by the server) is given the first one's outcome.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from temporalio import activity
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest
from temporalio.common import RawValue
from temporalio.converter import StorageDriverWorkflowInfo
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from durable.runner.codec import Unstorable
from durable.runner.core.call import Call, Site
from durable.runner.core.messages import Raised, Returned
from durable.runner.local import crash, doubt
from durable.runner.local.performing import performing
from durable.runner.run import Run
from durable.runner.steps import attempt
from durable.runner.temporal import live as registry
from durable.runner.temporal import place, routing
from durable.runner.temporal.carrying import Fed, packed
from durable.runner.temporal.connection import say
from durable.runner.temporal.live import LiveRun
from durable.runner.temporal.payloads import LARGE, payload_of, payload_of_step
from durable.runner.temporal.serving import PROCESS
from durable.runner.temporal.storage import StorageError, storage

STEP_LOST = "StepLost"
STEP_RAISED = "StepRaised"
STEP_IN_DOUBT = "StepInDoubt"
SLEEP, COMPUTE, SETTLE = "sleep", "compute", "look after"
KEEP, HOLDS, CALL_BACK = "keep the journal", "look for the run", "call the run back"
ENGINES = (SLEEP, COMPUTE, KEEP, HOLDS, CALL_BACK)
"""Activities of the engine's own."""
_PAUSE = 2.0
BEAT = 0.5
"""Seconds between heartbeats of a step."""

_pool = ThreadPoolExecutor(256, thread_name_prefix="durable-step")
_performances: dict[tuple[str, int], Future[Fed]] = {}


@activity.defn(dynamic=True)
async def perform(args: Sequence[RawValue]) -> RawValue:
    """Perform the step that the activity's ticket names; see the module's text."""
    info = activity.info()
    ticket = json.loads(args[0].payload.data)
    if info.activity_type == SLEEP and "run" not in ticket:
        await asyncio.sleep(ticket["seconds"])
        return _now("null")
    if ticket.get("do") == HOLDS:
        return _now(json.dumps(ticket["holder"] == PROCESS.queue))
    if "order" in ticket:
        return await _perform_order(info, ticket["order"], ticket["seq"])
    live = registry.find(ticket["run"])
    if live is None:
        raise _lost(info.activity_type)
    if ticket.get("do") == CALL_BACK:
        return await _call_back(info)
    if ticket.get("do") == KEEP:
        return _now(json.dumps(await asyncio.to_thread(_kept, live, info, ticket["start"], ticket["end"])))
    if info.activity_type == COMPUTE and info.is_local:
        await _computed(live, ticket["position"])
        return _now("null")
    if ticket.get("do") == SETTLE:
        return await _settle(live, info, ticket["seq"], ticket["begun"])
    return await _perform_step(live, info, (ticket["run"], ticket["seq"]), ticket.get("again", False))


def forget(run_id: str, seq: int) -> None:
    """Let go of the outcome of a step: the workflow has it."""
    _performances.pop((run_id, seq), None)


async def _perform_step(live: LiveRun, info: activity.Info, key: tuple[str, int], is_begun: bool) -> RawValue:
    seq = key[1]
    site = live.calls[seq][1].site if seq in live.calls else None
    known = live.answered.get(seq)
    if known is None:
        future = _performances.get(key)
        if future is None:
            if site is None:
                raise _lost(info.activity_type)
            if is_begun:
                raise ApplicationError(
                    f"{info.activity_type}: the process that performed it is gone",
                    type=STEP_IN_DOUBT,
                    non_retryable=True,
                )
            future = _performances[key] = _begin(live, *live.calls[seq])
        known = await _waited(future, not info.is_local)
    return await _told(info, known, site or _nowhere(info.activity_type))


async def _perform_order(info: activity.Info, order: dict[str, Any], seq: int) -> RawValue:
    """Perform a step of a run that this process does not hold."""
    future = _pool.submit(lambda: Fed(routing.performed(order, seq), time.time_ns()))
    return await _told(info, await _waited(future, is_beating=True), routing.site_of(order))


async def _told(info: activity.Info, known: Fed, site: Site) -> RawValue:
    """Return what records how a step ended, or raise it."""
    event = known.event
    assert isinstance(event, Returned | Raised)
    payload = payload_of_step(event, known.at, site, await _kept_record(info, event.record))
    if isinstance(event, Raised):
        raise _raised(event, payload)
    return RawValue(payload)


async def _kept_record(info: activity.Info, record: str) -> dict[str, Any] | None:
    """Keep a large record outside of the history; what is done is done, so this goes on until it is kept."""
    if len(record) < LARGE:
        return None
    data = await asyncio.to_thread(lambda: zlib.compress(record.encode("utf-8", "surrogatepass"), 1))
    pause = _PAUSE
    while True:
        try:
            return await asyncio.to_thread(storage().put, data, _owner(info))
        except StorageError as error:
            if pause == _PAUSE:
                say(str(error))
            for _ in range(int(pause / BEAT)):
                await asyncio.sleep(BEAT)
                if not info.is_local:
                    activity.heartbeat()
            pause = min(60.0, pause * 2)


def _kept(live: LiveRun, info: activity.Info, start: int, end: int) -> dict[str, Any]:
    return storage().put(packed(live.events(start, end)), _owner(info))


def _owner(info: activity.Info) -> StorageDriverWorkflowInfo:
    return StorageDriverWorkflowInfo(
        namespace=info.workflow_namespace or "", id=info.workflow_id, type=info.workflow_type
    )


async def _call_back(info: activity.Info) -> RawValue:
    """Have the workflow's next task given to any worker, this one among them, and not to the one that had the last."""
    client = activity.client()
    execution = WorkflowExecution(workflow_id=info.workflow_id or "", run_id=info.workflow_run_id or "")
    await client.workflow_service.reset_sticky_task_queue(
        ResetStickyTaskQueueRequest(namespace=client.namespace, execution=execution)
    )
    return _now("null")


def _nowhere(callee: str) -> Site:
    return Site(callee, callee, "read", "", 0, 0, "")


def _begin(live: LiveRun, run: Run, call: Call) -> Future[Fed]:
    """Start a step: on the run's own thread while nothing else of the run is going on, else on another."""
    pool = live.thread if live.busy == 0 else _pool
    live.busy += 1

    def work() -> Fed:
        try:
            return _performed(run, call)
        finally:
            live.busy -= 1

    return pool.submit(work)


def _performed(run: Run, call: Call) -> Fed:
    if crash.point is not None and call.effect != "read":
        crash.point(f"started {call.seq} {call.site.callee}")
    place.enter(run.spec.cwd)
    with performing(call.seq):
        event = attempt(run, call)
    if crash.point is not None:
        crash.point(f"performed {call.seq} {call.site.callee}")
    return Fed(event, time.time_ns())


async def _waited(future: Future[Fed], is_beating: bool) -> Fed:
    waiting = asyncio.wrap_future(future)
    while is_beating:
        done, _ = await asyncio.wait({waiting}, timeout=BEAT)
        if done:
            break
        activity.heartbeat()
    return await asyncio.shield(waiting)  # another activity may come for it


async def _computed(live: LiveRun, position: int) -> None:
    await asyncio.wait({asyncio.wrap_future(live.answer(position))})


async def _settle(live: LiveRun, info: activity.Info, seq: int, begun: str) -> RawValue:
    """Ask a step's probe what became of the step after a crash (promise 4); null if it cannot tell."""
    if seq not in live.calls:
        raise _lost(info.activity_type)
    run, call = live.calls[seq]
    note = await _recorded_note(info, seq, begun)
    if note is None:
        return _now("null")
    return await asyncio.wrap_future(_pool.submit(_settled, run, call, note))


async def _recorded_note(info: activity.Info, seq: int, begun: str) -> str | None:
    """Return the note beside the first start of step `seq` in the history of `begun` ("": of this execution)."""
    handle = activity.client().get_workflow_handle(info.workflow_id or "", run_id=begun or info.workflow_run_id)
    async for event in handle.fetch_history_events():
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_id == str(seq):
            (ticket,) = await activity.client().data_converter.decode(scheduled.input.payloads, [dict])
            note: str | None = ticket.get("note")
            return note
    return None


def note_of(run: Run, call: Call) -> str | None:
    """Return what the probe of `call` notes of the world before the step; None if it cannot be told."""
    return _pool.submit(_note, run, call).result()


def _note(run: Run, call: Call) -> str | None:
    assert call.probe is not None
    place.enter(run.spec.cwd)
    with performing(call.seq):
        try:
            return run.encoder.text(call.probe.note())
        except (OSError, ValueError, Unstorable):
            return None


def _settled(run: Run, call: Call, note: str) -> RawValue:
    place.enter(run.spec.cwd)
    with performing(call.seq):
        found = doubt.look(call, run.decoder.value(note))
        event = doubt.settled_event(run, call, found) if found.state == "done" else None
    return RawValue(payload_of_step(event, time.time_ns(), call.site)) if event is not None else _now("null")


def _now(data: str) -> RawValue:
    return RawValue(payload_of(data, at=str(time.time_ns())))


def _lost(name: str) -> ApplicationError:
    text = f"{name}: this worker does not hold the run's live objects; the workflow asks again"
    return ApplicationError(text, type=STEP_LOST, non_retryable=True, category=ApplicationErrorCategory.BENIGN)


def _raised(event: Raised, payload: Payload) -> ApplicationError:
    return ApplicationError(
        _headline(event.record),
        RawValue(payload),
        type=STEP_RAISED,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


def _headline(record: str) -> str:
    """Return what people read of a recorded exception: "requests.exceptions.HTTPError: 404 …"."""
    tree = json.loads(record)
    while isinstance(tree, dict) and tree.get("$") in ("step", "def"):
        tree = tree.get("result", tree.get("v"))
    if not isinstance(tree, dict) or "c" not in tree:
        return "an exception"
    said = ", ".join(str(arg) for arg in tree.get("a", ()) if isinstance(arg, str | int))
    return f"{str(tree['c']).replace(':', '.').removeprefix('builtins.')}: {said}"[:500]
