"""The versions of a deployed program: which is current, which still have runs, and the way back to an earlier one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionDescription
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode

from durable.runner.errors import EngineError, UsageError
from durable.runner.temporal.connection import say, with_client

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from durable.runner.cli.engines import Cluster
    from durable.runner.journal.home import Home

_PATIENCE = 20.0
_AT_ONCE = 20
_PREFIX = "WORKER_DEPLOYMENT_VERSION_STATUS_"


async def deployment_of(client: Client, name: str) -> WorkerDeploymentInfo:
    """Return what the server knows of a program's deployment. Raise UsageError if it has never been deployed."""
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=name)
    try:
        found = await client.workflow_service.describe_worker_deployment(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise UsageError(f"{name} was not deployed in namespace {client.namespace} yet") from None
        raise EngineError(f"the Temporal server answers: {error.message}") from error
    return found.worker_deployment_info


async def set_current(client: Client, version: WorkerDeploymentVersion, may_be_unserved: bool = False) -> None:
    """Make a version the current one of its deployment, once the server knows it. Raise EngineError.

    `may_be_unserved`: also if nobody polls for it just now.
    """
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=version.deployment_name,
        build_id=version.build_id,
        ignore_missing_task_queues=True,
        allow_no_pollers=may_be_unserved,
        identity=client.identity,
    )
    await when_known(lambda: client.workflow_service.set_worker_deployment_current_version(request))


async def ramp(client: Client, version: WorkerDeploymentVersion, percentage: float) -> None:
    """Give a version that share of the new runs, in per cent, once the server knows it. Raise EngineError."""
    request = SetWorkerDeploymentRampingVersionRequest(
        namespace=client.namespace,
        deployment_name=version.deployment_name,
        build_id=version.build_id,
        percentage=percentage,
        ignore_missing_task_queues=True,
        identity=client.identity,
    )
    await when_known(lambda: client.workflow_service.set_worker_deployment_ramping_version(request))


async def when_known(ask: Callable[[], Awaitable[object]]) -> None:
    """Call `ask` until the server knows the version that it is about: workers have begun to poll for it."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while True:
        try:
            await ask()
            return
        except RPCError as error:
            is_final = error.status in (
                RPCStatusCode.UNIMPLEMENTED,
                RPCStatusCode.PERMISSION_DENIED,
                RPCStatusCode.INVALID_ARGUMENT,
            )
            if is_final or asyncio.get_running_loop().time() > deadline:
                raise EngineError(f"the version cannot be registered: {error.message}") from error
            await asyncio.sleep(0.3)


def pinned_version(item: WorkflowExecutionDescription) -> str:
    """Return the build id of the version that a run is pinned to, "" for one that is not deployed."""
    info = item.raw_info.versioning_info
    return info.versioning_override.pinned.version.build_id or info.deployment_version.build_id


def kept_code(bundles: Path, build_id: str) -> str:
    """Return the name of the bundle of that build id if the folder `bundles` has it, else ""."""
    if not build_id:
        return ""
    return next((folder.name for folder in bundles.glob(f"{build_id}*")), "")


async def code_of(item: WorkflowExecutionDescription, bundles: Path) -> str:
    """Return the name of the bundle that a run has now: an upgrade may have given it another than it began with."""
    begun = str((await item.memo())["bundle"])
    pinned = pinned_version(item)
    return begun if begun.startswith(pinned) else kept_code(bundles, pinned) or begun


async def open_runs(client: Client, name: str) -> list[WorkflowExecutionDescription]:
    """Return the deployed runs of a program that have not ended; each is asked for, as a list tells no versions."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def described(item: WorkflowExecution) -> WorkflowExecutionDescription:
        async with gate:
            return await client.get_workflow_handle(item.id, run_id=item.run_id).describe()

    query = f"WorkflowType = '{name}' AND ExecutionStatus = 'Running'"
    found = [item async for item in client.list_workflows(query) if item.task_queue == name]
    return [*await asyncio.gather(*map(described, found))]


async def list_versions(client: Client, name: str, home: Home) -> list[dict[str, Any]]:
    """Return the versions of a program, the newest first, as `durable deploy --status --json` shows them."""
    deployment = await deployment_of(client, name)
    runs = Counter([pinned_version(item) for item in await open_runs(client, name)])
    ramping = deployment.routing_config.ramping_deployment_version.build_id
    rows = [
        {
            "version": each.deployment_version.build_id,
            "status": WorkerDeploymentVersionStatus.Name(each.status).removeprefix(_PREFIX).lower(),
            "created_at": each.create_time.ToMicroseconds() / 1e6,
            "current_until": _seconds(each.last_current_time),
            "open_runs": runs[each.deployment_version.build_id],
            "percentage": deployment.routing_config.ramping_version_percentage
            if each.deployment_version.build_id == ramping
            else None,
            "bundle": str(home.bundles / bundle)
            if (bundle := kept_code(home.bundles, each.deployment_version.build_id))
            else "",
        }
        for each in deployment.version_summaries
    ]
    return sorted(rows, key=lambda row: -float(str(row["created_at"])))


def _seconds(moment: Timestamp) -> float | None:
    return moment.ToMicroseconds() / 1e6 or None


def status(cluster: Cluster, name: str, home: Home) -> list[dict[str, Any]]:
    """Return the versions of a deployed program. Raise UsageError, EngineError."""

    async def work(client: Client) -> list[dict[str, Any]]:
        return await list_versions(client, name, home)

    return with_client(cluster, work)


def rollback(cluster: Cluster, name: str, home: Home) -> int:
    """Make the version current that was so before the present one. Open runs stay on theirs. Raise UsageError."""

    async def work(client: Client) -> int:
        rows = await list_versions(client, name, home)
        earlier = [row for row in rows if row["status"] != "current" and row["current_until"]]
        if not earlier:
            raise UsageError(f"{name} has no version that was current before")
        row = max(earlier, key=lambda row: float(row["current_until"]))
        await set_current(client, WorkerDeploymentVersion(name, row["version"]), may_be_unserved=True)
        say(f"{name}: version {row['version']} is current again; runs that have begun stay on their versions")
        if row["bundle"]:
            say(f"serve it: durable worker {row['bundle']}")
        else:
            say("its code is not kept here: a worker must serve it from where it was deployed")
        return 0

    return with_client(cluster, work)
