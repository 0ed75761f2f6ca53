"""What the command line asks of the Temporal engine: looking at runs and sending to them."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError

from durable.runner.errors import EngineError, UnknownRun, UsageError
from durable.runner.temporal.connection import with_client
from durable.runner.temporal.deploying import deploy, perform_steps_of, work_for
from durable.runner.temporal.following import (
    all_output,
    describe,
    outcome_of,
    resume_on_cluster,
    retry_on_cluster,
    run_on_cluster,
)
from durable.runner.temporal.history import History
from durable.runner.temporal.looking import chunks_of

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

__all__ = [
    "deploy",
    "describe_run",
    "exists",
    "list_runs",
    "output_of",
    "perform_steps_of",
    "resume_on_cluster",
    "retry_on_cluster",
    "run_on_cluster",
    "send",
    "work_for",
]

_MOST = 200
_PATIENCE = timedelta(seconds=10)
_STATUS = {
    WorkflowExecutionStatus.RUNNING: "running",
    WorkflowExecutionStatus.COMPLETED: "completed",
    WorkflowExecutionStatus.CANCELED: "cancelled",
    WorkflowExecutionStatus.TERMINATED: "cancelled",
    WorkflowExecutionStatus.CONTINUED_AS_NEW: "running",
}


def list_runs(cluster: Cluster) -> list[dict[str, Any]]:
    """Return the newest runs of the namespace as `durable ps --json` shows them."""

    async def work(client: Client) -> list[dict[str, Any]]:
        found = []
        async for item in client.list_workflows(limit=_MOST):
            memo = await item.memo()
            if "bundle" in memo and item.status is not WorkflowExecutionStatus.CONTINUED_AS_NEW:
                found.append(await _row(client, item, memo))
        return found

    return with_client(cluster, work)


async def whole_history(client: Client, item: WorkflowExecution, memo: Any) -> History:
    """Return what the executions of a run tell, from its first one on (a retry and a long run have several)."""
    runs = [item.run_id]
    while True:
        first = client.get_workflow_handle(item.id, run_id=runs[-1]).fetch_history_events(page_size=1)
        attributes = (await anext(first)).workflow_execution_started_event_attributes
        before = attributes.continued_execution_run_id or _retried(attributes.memo)
        if not before or before in runs:
            break
        runs.append(before)
    history = History()
    for run_id in reversed(runs):
        await history.read_all(client.get_workflow_handle(item.id, run_id=run_id).fetch_history_events())
    return history


def _retried(memo: Any) -> str:
    """Return the execution which failed before this one, as a retry's memo names it."""
    stored = memo.fields.get("before")
    return str(json.loads(stored.data)) if stored is not None else ""


async def _row(client: Client, item: WorkflowExecution, memo: Any) -> dict[str, Any]:
    outcome = memo.get("outcome", {})
    updated, steps = item.close_time, outcome.get("steps")
    updated_at = updated.timestamp() if updated is not None else item.start_time.timestamp()
    if steps is None:
        history = await whole_history(client, item, memo)
        updated_at, steps = history.updated_at, len(history.steps)
    return {
        "id": item.id,
        "script": memo.get("script", item.workflow_type),
        "engine": "temporal",
        "status": status_of(item, outcome),
        "started_at": item.start_time.timestamp(),
        "updated_at": updated_at,
        "steps": steps,
        "exit_code": outcome.get("exit_code"),
    }


def status_of(item: WorkflowExecution, outcome: dict[str, Any]) -> str:
    """Return a workflow's status in durable's words."""
    if outcome.get("status") in ("cancelled", "failed"):
        return str(outcome["status"])
    return _STATUS.get(item.status or WorkflowExecutionStatus.RUNNING, "failed")


def describe_run(cluster: Cluster, run: str) -> dict[str, Any]:
    """Return a run as `durable show --json` shows it. Raise UnknownRun."""

    async def work(client: Client) -> dict[str, Any]:
        found = await _existing(client, run)
        memo = await found.memo()
        outcome = memo.get("outcome", {})
        handle = client.get_workflow_handle(run, run_id=found.run_id)
        history = await whole_history(client, found, memo)
        waits: list[dict[str, Any]] = []
        if found.status is WorkflowExecutionStatus.RUNNING:
            waits = await _waits(handle) or list(history.timers.values())
        return {
            "id": run,
            "script": memo.get("script", found.workflow_type),
            "path": memo.get("path", ""),
            "engine": "temporal",
            "status": status_of(found, outcome),
            "exit_code": outcome.get("exit_code"),
            "error": outcome.get("error", ""),
            "steps": history.listed(),
            "waits": waits,
        }

    return with_client(cluster, work)


async def _waits(handle: WorkflowHandle[Any, Any]) -> list[dict[str, Any]]:
    """Return what a worker says the run waits for; none where no worker answers in time."""
    try:
        return list(await handle.query("waits", rpc_timeout=timedelta(seconds=5)))
    except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
        return []


def output_of(cluster: Cluster, run: str) -> list[tuple[int, bytes]]:
    """Return what a run has printed, as (descriptor, bytes). Raise UnknownRun, EngineError."""

    async def work(client: Client) -> list[tuple[int, bytes]]:
        found = await _existing(client, run)
        handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(run, run_id=found.run_id)
        if found.status is not WorkflowExecutionStatus.RUNNING:
            outcome = await _outcome(handle)
            if outcome.get("output") is not None:
                return chunks_of(outcome["output"])
        try:
            return await asyncio.wait_for(all_output(handle), _PATIENCE.total_seconds())
        except (RPCError, TimeoutError, WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
            raise EngineError(
                f"the output of run {run} is made again from its history, and no worker answers: start `durable worker`"
            ) from error

    return with_client(cluster, work)


async def _outcome(handle: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    try:
        return dict(await handle.result(follow_runs=False))
    except WorkflowFailureError as failure:
        return outcome_of(failure.cause)


def send(cluster: Cluster, run: str, kind: str, name: str, payload: str) -> int:
    """Send an answer, a signal or a cancellation to a run. Raise UnknownRun, UsageError."""

    async def work(client: Client) -> int:
        found = await _existing(client, run)
        if found.status is not WorkflowExecutionStatus.RUNNING:
            raise UsageError(f"run {run} has ended: it is {status_of(found, (await found.memo()).get('outcome', {}))}")
        handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(run)
        if kind == "cancel":
            await handle.cancel()
        elif kind == "signal":
            await handle.signal("signal", args=[name, json.loads(payload)])
        else:
            await _answer(handle, name, payload)
        return 0

    return with_client(cluster, work)


async def _answer(handle: WorkflowHandle[Any, Any], prompt: str, text: str) -> None:
    try:
        await handle.execute_update("answer", args=[text, prompt], rpc_timeout=_PATIENCE)
    except WorkflowUpdateFailedError as error:
        raise UsageError(f"the answer was refused: {error.cause}") from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise EngineError("no worker took the answer: start `durable worker`, or run the script again") from error


def exists(cluster: Cluster, run: str) -> bool:
    """Say whether there is a run of that id."""

    async def work(client: Client) -> bool:
        return await describe(client, run) is not None

    return with_client(cluster, work)


async def _existing(client: Client, run: str) -> WorkflowExecutionDescription:
    found = await describe(client, run)
    if found is None:
        raise UnknownRun(f"there is no run {run} in namespace {client.namespace}")
    return found
