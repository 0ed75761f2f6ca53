"""`durable upgrade`: a deployed run goes on with the program as it is now, if that asks for what is recorded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution as Execution
from temporalio.api.deployment.v1 import WorkerDeploymentVersion as Version
from temporalio.api.workflow.v1 import VersioningOverride, WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentVersionRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError

from durable.runner.core.messages import AskPrompt, Perform, Request, StartTimer, site_of
from durable.runner.errors import DurableError, EngineError, Misfit, UnknownRun, UsageError
from durable.runner.journal.home import home_of_script
from durable.runner.local.driver import Launch, launch_of, script_path
from durable.runner.local.excerpts import excerpt
from durable.runner.temporal.connection import connect, say
from durable.runner.temporal.deploying import compiled, tell_how_to_serve
from durable.runner.temporal.following import describe, first_spec, home_of
from durable.runner.temporal.inspecting import past_of, replayed
from durable.runner.temporal.live import LiveRun, Origin
from durable.runner.temporal.service import Served, Service, hosting, program_name, version_of
from durable.runner.temporal.serving import spec_of
from durable.runner.temporal.versions import open_runs, pinned_version, when_known

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster
    from durable.transpiler.ir.bundle import Bundle


def upgrade_run(cluster: Cluster, run: str) -> int:
    """Move one run to the program as its file is now. Raise UnknownRun, UsageError, Misfit."""

    async def work() -> int:
        client = await connect(cluster)
        found = await describe(client, run)
        if found is None:
            raise UnknownRun(f"there is no run {run} in namespace {client.namespace}")
        served = await _edited(client, found)
        await _fit(client, found, served)
        await _move(client, [found], served, cluster)
        return 0

    return hosting(work)


def upgrade_all(cluster: Cluster, launch: Launch) -> int:
    """Move every open run of a program whose history fits; name the others and return the exit code of a misfit."""
    home = home_of_script(script_path(launch)).make()
    served = compiled(launch, home)

    async def work() -> int:
        client = await connect(cluster)
        fitting: list[WorkflowExecutionDescription] = []
        code = 0
        for found in await open_runs(client, served.name):
            if pinned_version(found) == version_of(served).build_id:
                continue
            try:
                await _fit(client, found, served)
            except Misfit as misfit:
                say(str(misfit))
                code = misfit.exit_code
            else:
                fitting.append(found)
        if not fitting:
            say("no run was moved")
            return code
        await _move(client, fitting, served, cluster)
        return code

    return hosting(work)


async def _edited(client: Client, found: WorkflowExecutionDescription) -> Served:
    """Return the program of a run as its file is now. Raise UsageError."""
    home = await home_of(client, found)
    if found.status is not WorkflowExecutionStatus.RUNNING:
        raise UsageError(f"run {found.id} has ended; `durable retry` goes on with one that failed")
    if not pinned_version(found):
        raise UsageError(
            f"run {found.id} was not started by `durable deploy`: its code is that of the process which drives it"
        )
    spec = spec_of(await first_spec(client, found))
    os.chdir(spec.cwd)
    served = compiled(launch_of(spec), home)
    if pinned_version(found) == version_of(served).build_id:
        raise UsageError(f"run {found.id} has this code already")
    return served


# Whether it fits


async def _fit(client: Client, found: WorkflowExecutionDescription, served: Served) -> None:
    """Feed the edited program what the run was fed. Raise Misfit where it asks for something else."""
    if program_name(served.bundle) != found.workflow_type:
        raise Misfit(f"run {found.id} is one of {found.workflow_type}, not of {served.name}")
    past = await past_of(client, found.id)
    spec = replace(past.origin.spec, bundle=served.bundle.hash, learned=())
    old, new = LiveRun(past.origin), LiveRun(Origin(spec, served.bundle, past.origin.started))
    edited = replayed(past, new)
    async for _, recorded in replayed(past, old):
        try:
            _, asked = await anext(edited)
        except DurableError as error:
            raise Misfit(f"run {found.id} cannot be moved: {error}") from error
        for was, now in zip_longest(recorded, asked):
            if _said(was) != _said(now):
                raise Misfit(_text(found.id, (was, past.origin.bundle), (now, served.bundle)))
    old.stop()
    new.stop()


def _said(request: Request | None) -> tuple[object, ...]:
    """Return what must be the same of a request before and after an edit."""
    match request:
        case None:
            return ()
        case Perform(seq, call):
            return "step", seq, call.site.callee, call.effect
        case StartTimer(seq):
            return "timer", seq
        case AskPrompt(seq, kind):
            return "prompt", seq, kind
        case _:
            return "withdraw", request.seq


def _phrase(request: Request | None) -> str:
    match request:
        case None:
            return "nothing more"
        case Perform(_, call):
            return call.site.callee
        case StartTimer():
            return "a sleep"
        case AskPrompt():
            return f"the prompt {request.text!r}"
        case _:
            return "the end of a wait"


def _text(run: str, recorded: tuple[Request | None, Bundle], now: tuple[Request | None, Bundle]) -> str:
    lines = [
        f"run {run} cannot be moved: its history has another step where the edited program stands. It stays as it is."
    ]
    for title, (request, bundle) in (("recorded", recorded), ("now", now)):
        site = site_of(request)
        where = f" at {os.path.basename(site.file)}:{site.line}" if site is not None and site.file else ""
        lines.append(f"{title}: {_phrase(request)}{where}")
        if site is not None and where:
            lines.append(excerpt(bundle, site.file, site.line))
    return "\n".join(lines)


# Moving


async def _move(client: Client, runs: Sequence[WorkflowExecutionDescription], served: Served, cluster: Cluster) -> None:
    """Make the version known to the server and pin the runs to it."""
    version = version_of(served)
    service = Service(client)
    await service.serve_deployed(served)
    try:
        await _await_known(client, served)
    finally:
        await service.stop()
    options = WorkflowExecutionOptions(
        versioning_override=VersioningOverride(
            pinned=VersioningOverride.PinnedOverride(
                behavior=VersioningOverride.PinnedOverrideBehavior.PINNED_OVERRIDE_BEHAVIOR_PINNED,
                version=Version(deployment_name=version.deployment_name, build_id=version.build_id),
            )
        )
    )
    for found in runs:
        request = UpdateWorkflowExecutionOptionsRequest(
            namespace=client.namespace,
            workflow_execution=Execution(workflow_id=found.id, run_id=found.run_id),
            workflow_execution_options=options,
            update_mask=FieldMask(paths=["versioning_override"]),
            identity=client.identity,
        )
        try:
            await client.workflow_service.update_workflow_execution_options(request)
        except RPCError as error:
            raise EngineError(f"run {found.id} cannot be moved: {error.message}") from error
        say(f"run {found.id} goes on with version {version.build_id}")
    tell_how_to_serve(served, cluster)


async def _await_known(client: Client, served: Served) -> None:
    """Wait until the server knows the version, which takes a poll for it. Raise EngineError."""
    version = version_of(served)
    request = DescribeWorkerDeploymentVersionRequest(
        namespace=client.namespace,
        deployment_version=Version(deployment_name=version.deployment_name, build_id=version.build_id),
    )
    await when_known(lambda: client.workflow_service.describe_worker_deployment_version(request))
