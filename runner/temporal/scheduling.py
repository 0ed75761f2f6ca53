"""`durable schedule`: runs of a deployed program that the cluster starts by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleListActionStartWorkflow,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.service import RPCError, RPCStatusCode

from durable.runner.errors import UsageError
from durable.runner.journal.home import home_of_script, remember
from durable.runner.local.driver import Launch, script_path
from durable.runner.temporal.connection import connect, with_client
from durable.runner.temporal.deploying import compiled, register, tell_how_to_serve
from durable.runner.temporal.service import TASK_TIMEOUT, Served, hosting, version_of
from durable.runner.temporal.versions import deployment_of

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

OVERLAPS = {
    "skip": ScheduleOverlapPolicy.SKIP,
    "one": ScheduleOverlapPolicy.BUFFER_ONE,
    "queue": ScheduleOverlapPolicy.BUFFER_ALL,
    "cancel": ScheduleOverlapPolicy.CANCEL_OTHER,
    "all": ScheduleOverlapPolicy.ALLOW_ALL,
}
"""What becomes of a run whose time comes while the one before it goes on: it is left out, waits (one or all of them),
has the other cancelled, or runs beside it."""


@dataclass(frozen=True)
class Times:
    """When runs begin: `cron` as in crontab (five fields, or @daily and the like), in time zone `zone` ("" is UTC)."""

    cron: str
    zone: str = ""
    overlap: str = "skip"
    is_now: bool = False


def schedule(launch: Launch, cluster: Cluster, times: Times) -> int:
    """Deploy the program if it is not the current version, and start runs of it by the clock; print the schedule's id.

    Raise UsageError for times that the server does not understand, and where a schedule of that id exists.
    """
    if times.overlap not in OVERLAPS:
        raise UsageError(f"--overlap is one of {', '.join(OVERLAPS)}, not {times.overlap!r}")
    home = home_of_script(script_path(launch)).make()
    remember(home)
    served = compiled(launch, home)
    id = launch.id or served.name

    async def work() -> int:
        client = await connect(cluster)
        if not await _is_current(client, served):
            await register(client, served)
        main = served.bundle.module("__main__").path
        memo = {"script": launch.script, "bundle": served.bundle.hash, "path": str(main)}
        action = ScheduleActionStartWorkflow(
            served.name,
            args=[[*launch.args]],
            id=id,
            task_queue=served.name,
            task_timeout=TASK_TIMEOUT,
            memo=memo,
            static_summary=" ".join((launch.script, *launch.args))[:200],
        )
        spec = ScheduleSpec(cron_expressions=[times.cron], time_zone_name=times.zone or None)
        policy = SchedulePolicy(overlap=OVERLAPS[times.overlap])
        try:
            await client.create_schedule(
                id, Schedule(action, spec, policy=policy), trigger_immediately=times.is_now, memo=memo
            )
        except ScheduleAlreadyRunningError:
            raise UsageError(f"there is a schedule {id} already: `durable schedule --remove {id}`, or --id") from None
        except RPCError as error:
            if error.status is RPCStatusCode.INVALID_ARGUMENT:
                raise UsageError(f"the server does not take these times: {error.message}") from error
            raise
        tell_how_to_serve(served, cluster)
        print(id, flush=True)
        return 0

    return hosting(work)


async def _is_current(client: Client, served: Served) -> bool:
    try:
        routing = (await deployment_of(client, served.name)).routing_config
    except UsageError:
        return False
    return routing.current_deployment_version.build_id == version_of(served).build_id


def list_schedules(cluster: Cluster) -> list[dict[str, Any]]:
    """Return the namespace's schedules of programs as `durable schedule --list --json` shows them."""

    async def work(client: Client) -> list[dict[str, Any]]:
        rows = []
        async for item in await client.list_schedules():
            memo = await item.memo()
            if "bundle" not in memo or item.schedule is None or item.info is None:
                continue
            action = item.schedule.action
            rows.append(
                {
                    "id": item.id,
                    "script": memo["script"],
                    "program": action.workflow if isinstance(action, ScheduleListActionStartWorkflow) else "",
                    "is_paused": item.schedule.state.paused,
                    "next_at": [moment.timestamp() for moment in item.info.next_action_times],
                    "runs": [
                        each.action.workflow_id
                        for each in item.info.recent_actions
                        if isinstance(each.action, ScheduleActionExecutionStartWorkflow)
                    ],
                }
            )
        return rows

    return with_client(cluster, work)


def remove_schedule(cluster: Cluster, id: str) -> int:
    """Remove a schedule; the runs that it has started go on. Raise UsageError if there is none."""

    async def work(client: Client) -> int:
        try:
            await client.get_schedule_handle(id).delete()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise UsageError(f"there is no schedule {id} in namespace {client.namespace}") from None
            raise
        return 0

    return with_client(cluster, work)
