"""A worker takes over runs of `durable run` whose process has died: nobody polls their task queues any more."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError

from durable.runner.temporal.connection import say
from durable.transpiler.ir.bundle import Bundle

if TYPE_CHECKING:
    from durable.runner.temporal.service import Served, Service

_LOOK = 2.0
_LEFT = 3.0
"""Seconds after which a workflow task that nobody took shows that its process is gone."""
_SILENT = 75.0
"""Seconds without a poll (one takes up to 60) after which a queue has no process."""


async def adopt(client: Client, service: Service, programs: list[Served]) -> None:
    """Look for such runs of `programs` for ever, and serve them."""
    while True:
        try:
            async for item in client.list_workflows("ExecutionStatus = 'Running'", limit=200):
                served = _code_of(item, programs)
                if served is not None and not service.serves(item.task_queue) and await _is_left(client, item):
                    say(f"taking over run {item.id}")
                    await service.serve_queue(served, item.task_queue)
        except RPCError:
            pass  # the server is away; the workers wait for it too
        await asyncio.sleep(_LOOK)


def _code_of(item: WorkflowExecution, programs: list[Served]) -> Served | None:
    """Return the code that a run of `durable run` began with, if it is one of these programs' and is kept here."""
    for served in programs:
        if item.workflow_type != served.name or "/" not in item.task_queue:
            continue
        if item.task_queue.startswith(served.own_queues):
            return served
        begun = item.task_queue.rpartition("/")[0].rpartition("-")[2]
        for folder in served.folder.parent.glob(f"{begun}*"):
            return type(served)(Bundle.load(folder), folder)
    return None


async def _is_left(client: Client, item: WorkflowExecution) -> bool:
    found = await client.get_workflow_handle(item.id, run_id=item.run_id).describe()
    pending = found.raw_description.pending_workflow_task
    scheduled = pending.original_scheduled_time.ToMicroseconds() / 1e6
    if scheduled and not pending.HasField("started_time") and time.time() - scheduled > _LEFT:
        return True
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=item.task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    pollers = (await client.workflow_service.describe_task_queue(request)).pollers
    polled = [poller.last_access_time.ToMicroseconds() / 1e6 for poller in pollers]
    return time.time() - max(polled, default=0.0) > _SILENT
