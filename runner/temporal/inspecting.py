"""A run on a Temporal cluster, looked into: its history is replayed in this process, which no worker notices.

A query would need a worker, and reading a live frame's variables there would prolong the lives of its objects.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from durable.runner.core.messages import Answered, AskPrompt, Request, StartTimer
from durable.runner.errors import EngineError, Misfit, UnknownRun, UsageError
from durable.runner.inspecting.picture import Moment
from durable.runner.inspecting.taking import Looked
from durable.runner.inspecting.values import Shown
from durable.runner.inspecting.waiting import Facts
from durable.runner.local.driver import kept_bundle
from durable.runner.program import main as program
from durable.runner.temporal import live as registry
from durable.runner.temporal.carrying import Carried, Fed
from durable.runner.temporal.connection import connect
from durable.runner.temporal.following import describe, home_of
from durable.runner.temporal.home import HOME
from durable.runner.temporal.live import LiveRun
from durable.runner.temporal.service import Served, hosting, prepare_bundle, workflow_class
from durable.runner.temporal.storage import LOST
from durable.runner.temporal.versions import code_of

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster


async def past_of(client: Client, run: str) -> LiveRun:
    """Replay the history of `run` and return the live run that was fed it. Raise UnknownRun, Misfit."""
    found = await describe(client, run)
    if found is None:
        raise UnknownRun(f"there is no run {run} in namespace {client.namespace}")
    home = await home_of(client, found)
    name = await code_of(found, home.bundles)
    served = Served(kept_bundle(home, name), home.bundles / name)
    await asyncio.wrap_future(HOME.submit(lambda: prepare_bundle(served.bundle)))
    made: list[LiveRun] = []
    registry.LISTENERS.append(made.append)
    await _replay(client, found, served)
    if not made:
        raise Misfit(f"the history of run {run} cannot be replayed by its code")
    return made[-1]


async def _replay(client: Client, found: WorkflowExecutionDescription, served: Served) -> None:
    handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(found.id, run_id=found.run_id)
    replayer = Replayer(
        workflows=[workflow_class(served)],
        workflow_runner=UnsandboxedWorkflowRunner(),
        namespace=client.namespace,
        data_converter=client.data_converter,
    )
    result = await replayer.replay_workflow(await handle.fetch_history(), raise_on_replay_failure=False)
    if LOST in str(result.replay_failure):
        raise EngineError(f"run {found.id}: {result.replay_failure}")
    if result.replay_failure is not None and "ondeterminism" in str(result.replay_failure):
        raise Misfit(f"the run's history does not fit its code: {result.replay_failure}")


async def steps(past: LiveRun) -> AsyncIterator[Looked]:
    """Feed a fresh run what `past` was fed, and yield it at the start and after each event."""
    live = LiveRun(past.origin)
    uncaught: list[BaseException] = []
    program.UNCAUGHT[:] = [lambda run, error: uncaught.append(error)]
    shown, asked, until = Shown(), dict[int, Request](), dict[int, float]()
    async for fed, requests in replayed(past, live):
        prompt = asked.get(getattr(fed.event, "seq", -1))
        if isinstance(prompt, AskPrompt) and prompt.kind == "secret" and isinstance(fed.event, Answered):
            shown.secrets.append(json.loads(fed.event.record).strip("\n"))
        for request in requests:
            asked[request.seq] = request
            if isinstance(request, StartTimer):
                until[request.seq] = fed.at / 1e9 + request.seconds
        looked = Looked(live.run, shown, Facts(until))
        looked.uncaught = uncaught[0] if uncaught else None
        yield looked


async def replayed(past: LiveRun, live: LiveRun) -> AsyncIterator[tuple[Fed, list[Request]]]:
    """Feed `live` what `past` was fed; yield each event, the start first, with what the run then asks for."""
    started = past.origin.started
    yield Fed(None, started), [*(await asyncio.wrap_future(live.come_to(Carried(started)))).values()]
    for position, fed in enumerate(past.log()):
        yield fed, await asyncio.wrap_future(live.advance(position, fed))


async def _at(past: LiveRun, moment: Moment) -> Looked:
    looked = None
    last = -1
    async for looked in steps(past):
        last = looked.run.scheduler.next_seq - 1
        if moment.at is not None and last >= moment.at:
            break
    if looked is None or (moment.at is not None and last < moment.at):
        raise UsageError(f"run {moment.run} has not come to step {moment.at}: its last request is {last}")
    return looked


def look(cluster: Cluster, moment: Moment, show: Callable[[Looked], None]) -> None:
    """Call `show` with the run as it was at `moment`, on the thread that executes it. Raise DurableError."""

    async def work() -> None:
        looked = await _at(await past_of(await connect(cluster), moment.run), moment)
        await asyncio.wrap_future(HOME.submit(lambda: show(looked)))

    hosting(work)
