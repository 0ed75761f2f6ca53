"""Runs that have gone to another process while this one lives: their files and connections are let go of here.

Where a server was away, or a process slow to answer, a run goes on in another one, which makes
its live objects again. What this one still holds of them (the lock of an open transaction) would be in the way.
"""

from __future__ import annotations

import asyncio
import time

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client
from temporalio.service import RPCError

from durable.runner.temporal import live as registry
from durable.runner.temporal.live import LiveRun

_EVERY = 0.5
_QUIET = 1.0
"""Seconds after which a run that was fed nothing is looked at; then after twice as many, and so on."""
_RARELY = 60.0
_PAGE = 50


async def let_go(client: Client) -> None:
    """Drop, for as long as the task runs, each live run whose last workflow task another process has taken."""
    looked: dict[str, float] = {}
    while True:
        await asyncio.sleep(_EVERY)
        now = time.monotonic()
        for key, live in registry.all_live():
            pause = min(_RARELY, max(_QUIET, (now - live.fed_at) / 2))
            if live.busy or now - max(live.fed_at, looked.get(key, 0.0)) < pause:
                continue
            looked[key] = now
            if await _has_gone(client, live):
                registry.drop(key)
        looked = {key: at for key, at in looked.items() if registry.find(key) is not None}


async def _has_gone(client: Client, live: LiveRun) -> bool:
    """Say whether the last process to take a workflow task of the run is another one; a server that is away says no."""
    fed_at = live.fed_at
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=live.origin.spec.id),
        maximum_page_size=_PAGE,
    )
    try:
        found = await client.workflow_service.get_workflow_execution_history_reverse(request)
    except RPCError:
        return False
    for event in found.history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
            taker = event.workflow_task_started_event_attributes.identity
            return taker != client.identity and live.fed_at == fed_at and not live.busy
    return False
