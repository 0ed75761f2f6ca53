"""The workers of one process: for each program its own task queue, and one queue of the process itself for steps."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

from durable.runner import said
from durable.runner.temporal import activities
from durable.runner.temporal.connection import say
from durable.runner.temporal.departed import let_go
from durable.runner.temporal.home import HOME
from durable.runner.temporal.serving import PROCESS, TASK_SECONDS
from durable.runner.temporal.storage import storage
from durable.runner.temporal.workflow import ProgramWorkflow

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from durable.transpiler.ir.bundle import Bundle

T = TypeVar("T")
TASK_TIMEOUT = timedelta(seconds=TASK_SECONDS)
_STICKY = timedelta(seconds=1)
_BEAT = timedelta(seconds=0.5)
_GRACE = timedelta(seconds=10)


@dataclass(frozen=True)
class Served:
    """A program that a process serves: its bundle and the folder that has it."""

    bundle: Bundle
    folder: Path

    @property
    def name(self) -> str:
        """The workflow type: the program's path without its suffix."""
        return program_name(self.bundle)

    def queue_of(self, run: str) -> str:
        """Return the task queue of a run that `durable run` drives: its own, for the environment is the process's."""
        return f"{self.own_queues}{run}"

    @property
    def own_queues(self) -> str:
        """How the names of such queues begin for exactly this code."""
        return f"{self.name}-{self.bundle.hash[:16]}/"


def program_name(bundle: Bundle) -> str:
    """Return the workflow type that `workflow.py` of the bundle defines."""
    return re.sub(r"\W+", "_", bundle.manifest["program"].removesuffix(".py")).strip("_") or "program"


def version_of(served: Served) -> WorkerDeploymentVersion:
    """Return the deployment version of a program: named by the hash of its code."""
    return WorkerDeploymentVersion(deployment_name=served.name, build_id=served.bundle.hash[:32])


def workflow_class(served: Served) -> type[ProgramWorkflow]:
    """Return the class that the bundle's `workflow.py` defines."""
    name = f"durable_bundle_{served.bundle.hash[:32]}"
    module = sys.modules.get(name)
    if module is None:
        spec = importlib.util.spec_from_file_location(name, served.folder.resolve() / "workflow.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    classes = [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, ProgramWorkflow)]
    return next(cls for cls in classes if cls is not ProgramWorkflow)


class Service:
    """Serves programs until stopped: deployed ones on the queue of their name, single runs on queues of their own."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._queues: set[str] = set()
        self.on_misfit: Callable[[str, str], None] = lambda run, text: say(f"history and code do not fit: {text}")
        self._workers: list[Worker] = []
        self._running: list[asyncio.Task[None]] = []
        self._letting_go: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to perform steps of runs that this process holds."""
        if not PROCESS.queue:
            storage()
            PROCESS.queue = f"durable-steps-{os.getpid()}-{secrets.token_hex(4)}"
            self._add(Worker(self._client, task_queue=PROCESS.queue, activities=activities, **_activity_options()))
            self._letting_go = asyncio.create_task(let_go(self._client))

    async def serve_deployed(self, served: Served) -> None:
        """Serve a program's runs under its deployment version; polling also makes the version known to the server."""
        await self._prepare(served)
        self._add(self._deployed(served))

    async def serve_queue(self, served: Served, queue: str) -> None:
        """Serve the run whose task queue `queue` is."""
        if queue == served.name:
            await self.serve_deployed(served)
        elif queue not in self._queues:
            self._queues.add(queue)
            await self._prepare(served)
            self._add(self._worker(served, queue, None))

    def serve_steps(self, queue: str) -> None:
        """Perform the steps that policies send to a task queue, of whatever run."""
        said.install()
        self._add(Worker(self._client, task_queue=queue, activities=activities, **_activity_options()))

    def serves(self, queue: str) -> bool:
        return queue in self._queues

    async def _prepare(self, served: Served) -> None:
        """Import what the program needs, before a workflow task waits for it."""
        await asyncio.wrap_future(HOME.submit(lambda: prepare_bundle(served.bundle)))

    def _deployed(self, served: Served) -> Worker:
        config = WorkerDeploymentConfig(
            version=version_of(served),
            use_worker_versioning=True,
            default_versioning_behavior=VersioningBehavior.PINNED,
        )
        return self._worker(served, served.name, config)

    def _worker(self, served: Served, queue: str, deployment: WorkerDeploymentConfig | None) -> Worker:
        worker = Worker(
            self._client,
            task_queue=queue,
            workflows=[workflow_class(served)],
            activities=activities,
            workflow_runner=UnsandboxedWorkflowRunner(),
            sticky_queue_schedule_to_start_timeout=_STICKY,
            max_cached_workflows=500,
            deployment_config=deployment,
            **_activity_options(),
        )
        _tune(worker, self._evicted)
        return worker

    def _add(self, worker: Worker) -> None:
        self._workers.append(worker)
        self._running.append(asyncio.create_task(worker.run()))

    def _evicted(self, run_id: str, job: Any) -> None:
        if "ondeterminism" in job.message:
            self.on_misfit(run_id, job.message)

    async def failed(self) -> None:
        """Wait until a worker fails and raise its error; return if all were stopped."""
        await asyncio.gather(*self._running)

    async def stop(self) -> None:
        """Stop polling, let running steps end (for a while), and return."""
        if self._letting_go is not None:
            self._letting_go.cancel()
        await asyncio.gather(*(worker.shutdown() for worker in self._workers), return_exceptions=True)
        await asyncio.gather(*self._running, return_exceptions=True)


def prepare_bundle(bundle: Bundle) -> None:
    """Install what the program needs in this process; on the thread that executes it."""
    from durable.runner import parsing
    from durable.runner.local.session import prepare_process

    parsing.install()
    prepare_process(bundle)
    said.install()  # in somebody else's worker the process keeps its streams


def _activity_options() -> dict[str, Any]:
    return {
        "max_concurrent_activities": 256,
        "max_heartbeat_throttle_interval": _BEAT,
        "default_heartbeat_throttle_interval": _BEAT,
        "graceful_shutdown_timeout": _GRACE,
    }


def _tune(worker: Worker, on_eviction: Callable[[str, Any], None]) -> None:
    """Let a replay compute for more than the SDK's 2 seconds, and hear of evictions; neither has a public way.

    The program's thread goes on computing whatever becomes of the workflow task, so nothing is lost by waiting.
    """
    inner: Any = getattr(worker, "_workflow_worker", None)
    if inner is not None and hasattr(inner, "_deadlock_timeout_seconds") and hasattr(inner, "_on_eviction_hook"):
        inner._deadlock_timeout_seconds = None
        inner._on_eviction_hook = on_eviction


def hosting(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `work()` on an event loop of another thread, while this one executes strands; return its result.

    The loop is not wound down: the process ends soon, and workers that were to be stopped in order have been.
    """
    HOME.claim()
    done: Future[T] = Future()

    async def main() -> None:
        try:
            done.set_result(await work())
        except BaseException as error:
            done.set_exception(error)
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(main()), name="durable-temporal", daemon=True).start()
    return HOME.serve(done)
