"""`durable run` on Temporal: starts or finds a run, serves and shows it in this process, ends with its exit code."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any, NoReturn

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowFailureError, WorkflowHandle
from temporalio.common import PinnedVersioningOverride, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from durable.runner import context
from durable.runner.core.messages import AskPrompt
from durable.runner.errors import EngineError, Misfit, UnknownRun, UsageError
from durable.runner.journal.home import Home, home_of_script, remember
from durable.runner.local.driver import Launch, build, kept_bundle, make_spec, script_path
from durable.runner.spec import RunSpec
from durable.runner.temporal import live as registry
from durable.runner.temporal.connection import AWAY, connect, say
from durable.runner.temporal.looking import chunks_of
from durable.runner.temporal.service import TASK_TIMEOUT, Served, Service, hosting, version_of
from durable.runner.temporal.serving import Start, plain_spec, stored_spec
from durable.runner.temporal.terminal import Terminal
from durable.runner.temporal.versions import code_of

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster
    from durable.transpiler.ir.bundle import Bundle

_LOOK = 1.0
"""Seconds between looks at a run that another process drives."""


def run_on_cluster(launch: Launch, cluster: Cluster) -> int:
    """Start the run, or go on with it, or give its recorded outcome again; return the program's exit code."""
    home = home_of_script(script_path(launch)).make()
    remember(home)
    _on_interrupt(launch.id)

    async def work() -> int:
        client = await connect(cluster)
        found = await describe(client, launch.id) if launch.id else None
        if found is None:
            bundle = build(launch, home)
            spec = make_spec(launch, bundle, stored_in=home)
            served = Served(bundle, home.bundles / bundle.hash)
            found = await start(client, spec, served)
            if not launch.id:
                say(f"run {spec.id}")
        return await follow(client, home, found)

    return hosting(work)


def resume_on_cluster(run: str, cluster: Cluster) -> int:
    """Go on with a run that was started before, serving it in this process."""
    _on_interrupt(run)

    async def work() -> int:
        client = await connect(cluster)
        found = await describe(client, run or await _newest_unfinished(client))
        if found is None:
            raise UnknownRun(f"there is no run {run} in namespace {client.namespace}")
        return await follow(client, await home_of(client, found), found)

    return hosting(work)


async def _newest_unfinished(client: Client) -> str:
    async for item in client.list_workflows("ExecutionStatus = 'Running'", limit=100):
        if "bundle" in await item.memo():
            return item.id
    raise UnknownRun(f"there is no unfinished run in namespace {client.namespace}. `durable ps` lists the runs.")


def retry_on_cluster(run: str, redo: bool, cluster: Cluster) -> int:
    """Let a failed run go on from its failed step, in a new execution that carries all before it."""
    _on_interrupt(run)

    async def work() -> int:
        client = await connect(cluster)
        found = await describe(client, run)
        if found is None:
            raise UnknownRun(f"there is no run {run} in namespace {client.namespace}")
        return await _retry(client, found, redo)

    return hosting(work)


async def _retry(client: Client, found: WorkflowExecutionDescription, redo: bool) -> int:
    memo = dict(await found.memo())
    status = memo.pop("outcome", {}).get("status", "running")
    if status not in ("failed", "cancelled"):
        raise UsageError(f"run {found.id} has not failed: it is {status}")
    home = await home_of(client, found)
    memo["bundle"] = await code_of(found, home.bundles)
    served = Served(kept_bundle(home, memo["bundle"]), home.bundles / memo["bundle"])
    spec = await first_spec(client, found)
    _enter_directory_of(spec)
    service = Service(client)
    await service.start()
    await service.serve_queue(served, found.task_queue)
    kept = await client.get_workflow_handle(found.id, run_id=found.run_id).query("kept_for_retry")
    if kept["redone"] and not redo:
        raise UsageError(
            "steps of other threads were completed after the failed one and would be done again: "
            f"{', '.join(kept['redone'][:5])}. `durable retry --redo {found.id}` does them again."
        )
    await client.start_workflow(
        served.name,
        args=[list(spec["argv"][1:]), spec, kept["carried"]],
        id=found.id,
        task_queue=served.queue_of(found.id),
        task_timeout=TASK_TIMEOUT,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        memo={**memo, "before": found.run_id},
    )
    again = await describe(client, found.id)
    assert again is not None
    return await _Follower(client, again).to_the_end(served, service)


async def start(
    client: Client, spec: RunSpec, served: Served, is_deployed: bool = False
) -> WorkflowExecutionDescription:
    """Start the workflow of a run, pinned to its version if it is deployed, and return its description.

    One of that id may exist already; then it is the one described.
    """
    with contextlib.suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(
            served.name,
            args=[list(spec.argv[1:]), stored_spec(spec)],
            id=spec.id,
            task_queue=served.name if is_deployed else served.queue_of(spec.id),
            versioning_override=PinnedVersioningOverride(version_of(served)) if is_deployed else None,
            task_timeout=TASK_TIMEOUT,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            memo={"script": spec.script, "bundle": spec.bundle, "path": spec.path},
            static_summary=" ".join((spec.script, *spec.argv[1:]))[:200],
        )
    found = await describe(client, spec.id)
    assert found is not None
    return found


async def describe(client: Client, run: str) -> WorkflowExecutionDescription | None:
    """Return the description of workflow `run`, None if there is none."""
    try:
        return await client.get_workflow_handle(run).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise EngineError(f"the Temporal server answers: {error.message}") from error


async def home_of(client: Client, found: WorkflowExecutionDescription) -> Home:
    """Return the directory that keeps the code of a run, by the path of its script."""
    from pathlib import Path

    memo = await found.memo()
    if "path" not in memo:
        raise UsageError(f"workflow {found.id} was not started by durable")
    return home_of_script(Path(memo["path"]))


async def follow(client: Client, home: Home, found: WorkflowExecutionDescription) -> int:
    """Serve and show a run to its end; return its exit code."""
    follower = _Follower(client, found)
    name = await code_of(found, home.bundles)
    bundle: Bundle = kept_bundle(home, name)
    _enter_directory_of(await first_spec(client, found))
    return await follower.to_the_end(Served(bundle, home.bundles / bundle.hash))


async def first_spec(client: Client, found: WorkflowExecutionDescription) -> dict[str, Any]:
    """Return the spec that a run was started with; one that a schedule started was given arguments only."""
    history = client.get_workflow_handle(found.id, run_id=found.run_id).fetch_history_events(page_size=1)
    started = (await anext(history)).workflow_execution_started_event_attributes
    arguments, *rest = await client.data_converter.decode(started.input.payloads)
    if rest:
        return dict(rest[0])
    home = await home_of(client, found)
    bundle = kept_bundle(home, await code_of(found, home.bundles))
    seed = f"{found.id}:{started.first_execution_run_id}"
    return stored_spec(plain_spec(bundle, arguments, Start(found.id, seed, 0)))


def _enter_directory_of(spec: dict[str, Any]) -> None:
    try:
        os.chdir(spec["cwd"])
    except OSError as error:
        raise UsageError(f"the run's working directory {spec['cwd']} cannot be entered: {error.strerror}") from error


class _Follower:
    """Shows one run in this process."""

    def __init__(self, client: Client, found: WorkflowExecutionDescription) -> None:
        self.id = found.id
        self.first_run = found.raw_description.workflow_execution_info.first_run_id or found.run_id
        self.client = client
        self.queue = found.task_queue
        self.handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(found.id, result_type=dict)
        self._loop = asyncio.get_running_loop()
        self._misfit: asyncio.Future[int] = self._loop.create_future()
        self._terminal = Terminal(found.id, self._answer)
        self._is_new = found.history_length <= 2
        self._next = 0
        self._chunks: list[tuple[int, bytes]] = []
        registry.WATCHERS[found.id] = self._terminal

    async def to_the_end(self, served: Served, service: Service | None = None) -> int:
        service = service or Service(self.client)
        await service.start()
        await service.serve_queue(served, self.queue)
        service.on_misfit = self._misfits
        ending = asyncio.create_task(self._ending())
        failing = asyncio.create_task(service.failed())
        mirror = asyncio.create_task(self._mirror())
        waited: set[asyncio.Future[Any]] = {ending, failing, self._misfit}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        mirror.cancel()
        for done in (self._misfit, failing, ending):
            if done.done():
                done.result()
        outcome = await ending
        self._terminal.missing(await self._all_output(outcome))
        self._terminal.close()
        if outcome["status"] == "failed":
            say(f"run {self.id} failed at {outcome['error']}")
            say(f"`durable retry {self.id}` goes on from its failed step")
        return int(outcome["exit_code"])

    def _misfits(self, run_id: str, message: str) -> None:
        error = Misfit(f"the run's history does not fit its code: {message}")
        if not self._misfit.done():
            self._misfit.set_exception(error)

    async def _ending(self) -> dict[str, Any]:
        """Return the run's outcome; a server that goes away is waited for."""
        is_away = False
        while True:
            try:
                return dict(await self.handle.result())
            except WorkflowFailureError as failure:
                return outcome_of(failure.cause)
            except RPCError as error:
                if error.status not in AWAY:
                    raise EngineError(f"the Temporal server answers: {error.message}") from error
            if not is_away:
                say("the Temporal server is away; the run goes on when it is back")
            is_away = True
            await asyncio.sleep(0.5)

    def _answer(self, seq: int, text: str) -> None:
        asyncio.run_coroutine_threadsafe(self._send_answer(seq, text), self._loop)

    async def _send_answer(self, seq: int, text: str) -> None:
        while True:
            try:
                await self.handle.execute_update("answer", args=[text, str(seq), "stdin"])
                return
            except RPCError as error:
                if error.status not in AWAY:
                    return
                await asyncio.sleep(0.5)
            except Exception:
                return  # the prompt is not open any more: somebody else was faster

    async def _mirror(self) -> None:
        """Show a run that this process does not hold: at the start of a resumed run, and while another drives it."""
        while True:
            if self._is_new or registry.find(self.first_run) is not None:
                self._is_new = False
                await asyncio.sleep(_LOOK)
                continue
            try:
                await self._look()
            except RPCError:
                pass
            except Exception as error:
                if "query" not in type(error).__name__.lower():
                    raise
            await asyncio.sleep(_LOOK)

    async def _look(self) -> None:
        page = await self.handle.query("output", self._next)
        self._chunks += chunks_of(page["chunks"])
        self._next = page["next"]
        self._terminal.missing(self._chunks)
        for wait in await self.handle.query("waits"):
            if wait["kind"] == "prompt":
                self._terminal.asked(AskPrompt(wait["seq"], "line", wait["prompt"]))

    async def _all_output(self, outcome: dict[str, Any]) -> list[tuple[int, bytes]]:
        if outcome.get("output") is not None:
            return chunks_of(outcome["output"])
        return await all_output(self.handle)


async def all_output(handle: WorkflowHandle[Any, Any]) -> list[tuple[int, bytes]]:
    """Return a run's output by query."""
    chunks: list[tuple[int, bytes]] = []
    start = 0
    while True:
        page = await handle.query("output", start)
        chunks += chunks_of(page["chunks"])
        start = page["next"]
        if start >= page["all"]:
            return chunks


def outcome_of(cause: BaseException | None) -> dict[str, Any]:
    """Return the outcome of a run whose workflow ended with `cause`."""
    if isinstance(cause, ApplicationError) and cause.details:
        found = cause.details[0]
        if isinstance(found, dict) and "status" in found:
            return found
    if type(cause).__name__ == "CancelledError":
        return {"status": "cancelled", "exit_code": 130, "error": str(cause)}
    return {"status": "failed", "exit_code": 1, "error": f"{type(cause).__name__}: {cause}"}


def _on_interrupt(run: str) -> None:
    """Let Ctrl-C end the process and not the run, unless whoever started it had it ignored (`nohup … &`)."""

    def stop(number: int, frame: object) -> NoReturn:
        context.enter(None)
        again = f"`durable resume {run}` with the same server" if run else "the same command with --id"
        os.write(2, f"\ndurable: interrupted; {again} goes on\n".encode())
        os._exit(130)

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, stop)
