"""The activities: they perform a run's live calls in worker threads of the process that holds the run.

One dynamic activity stands for all callees, so a step's activity type is the callee's name. A step is performed once in
a process: a second activity for it (its first was given up by the server) is given the first one's outcome.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from durable.runner.codec import Unstorable
from durable.runner.core.call import Call, Site
from durable.runner.core.messages import Raised, Returned
from durable.runner.local import crash, doubt
from durable.runner.local.performing import performing
from durable.runner.run import Run
from durable.runner.steps import attempt
from durable.runner.temporal import live as registry
from durable.runner.temporal import place
from durable.runner.temporal.live import Fed, LiveRun
from durable.runner.temporal.payloads import payload_of, payload_of_step

STEP_LOST = "StepLost"
STEP_RAISED = "StepRaised"
SLEEP, COMPUTE, SETTLE = "sleep", "compute", "look after"
BEAT = 0.5
"""Seconds between heartbeats of a step."""

_pool = ThreadPoolExecutor(256, thread_name_prefix="durable-step")
_performances: dict[tuple[str, int], Future[Fed]] = {}


@activity.defn(dynamic=True)
async def perform(args: Sequence[RawValue]) -> RawValue:
    """Perform the step that the activity's ticket names; see the module's text."""
    info = activity.info()
    ticket = json.loads(args[0].payload.data)
    if info.activity_type == SLEEP and info.is_local:
        await asyncio.sleep(ticket["seconds"])
        return _now("null")
    live = registry.find(ticket["run"])
    if live is None:
        raise _lost(info.activity_type)
    if info.activity_type == COMPUTE and info.is_local:
        await _computed(live, ticket["position"])
        return _now("null")
    if ticket.get("do") == SETTLE:
        return await _settle(live, info, ticket["seq"])
    return await _perform_step(live, info, (ticket["run"], ticket["seq"]))


def forget(run_id: str, seq: int) -> None:
    """Let go of the outcome of a step: the workflow has it."""
    _performances.pop((run_id, seq), None)


async def _perform_step(live: LiveRun, info: activity.Info, key: tuple[str, int]) -> RawValue:
    seq = key[1]
    site = live.calls[seq][1].site if seq in live.calls else None
    known = live.answered.get(seq)
    if known is None:
        future = _performances.get(key)
        if future is None:
            if site is None:
                raise _lost(info.activity_type)
            future = _performances[key] = _begin(live, *live.calls[seq])
        known = await _waited(future, not info.is_local)
    event = known.event
    assert isinstance(event, Returned | Raised)
    payload = payload_of_step(event, known.at, site or _nowhere(info.activity_type))
    if isinstance(event, Raised):
        raise _raised(event, payload)
    return RawValue(payload)


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
    return await waiting


async def _computed(live: LiveRun, position: int) -> None:
    await asyncio.wait({asyncio.wrap_future(live.answer(position))})


async def _settle(live: LiveRun, info: activity.Info, seq: int) -> RawValue:
    """Ask a step's probe what became of the step after a crash (promise 4); null if it cannot tell."""
    if seq not in live.calls:
        raise _lost(info.activity_type)
    run, call = live.calls[seq]
    note = await _recorded_note(info, seq)
    if note is None:
        return _now("null")
    return await asyncio.wrap_future(_pool.submit(_settled, run, call, note))


async def _recorded_note(info: activity.Info, seq: int) -> str | None:
    """Return the note that stands in the history with the first start of step `seq`."""
    handle = activity.client().get_workflow_handle(info.workflow_id or "", run_id=info.workflow_run_id)
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
