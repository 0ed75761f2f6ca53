"""`durable deploy` and `durable worker`: versions of a program on a cluster, and the processes that serve them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temporalio.client import Client

from durable.runner import context
from durable.runner.errors import UsageError
from durable.runner.journal.home import home_of_script, remember
from durable.runner.local.driver import Launch, build, keep_bundle, make_spec, script_path
from durable.runner.temporal.adopting import adopt
from durable.runner.temporal.connection import connect, say, target_of
from durable.runner.temporal.following import start
from durable.runner.temporal.service import Served, Service, hosting, version_of
from durable.runner.temporal.versions import code_of, deployment_of, kept_code, open_runs, ramp, set_current
from durable.transpiler.ir.bundle import Bundle

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster
    from durable.runner.journal.home import Home


def deploy(launch: Launch, cluster: Cluster, is_start: bool, percentage: float | None = None) -> int:
    """Build the program and make it the current version on the cluster; start a run on request and print its id.

    With `percentage` it gets that share of the new runs instead.
    """
    home = home_of_script(script_path(launch)).make()
    remember(home)
    served = compiled(launch, home)

    async def work() -> int:
        client = await connect(cluster)
        await register(client, served, percentage)
        version = version_of(served)
        place = "is current" if percentage is None else f"gets {percentage:g} % of the new runs"
        say(f"{served.name}: version {version.build_id} {place} in namespace {client.namespace}")
        tell_how_to_serve(served, cluster)
        if is_start:
            spec = make_spec(launch, served.bundle, stored_in=home)
            await start(client, spec, served, is_deployed=True)
            print(spec.id, flush=True)
        return 0

    return hosting(work)


async def register(client: Client, served: Served, percentage: float | None = None) -> None:
    """Make a program's version known to the cluster, by polling for it for a moment, and send new runs to it."""
    service = Service(client)
    await service.serve_deployed(served)
    try:
        if percentage is None:
            await set_current(client, version_of(served))
        else:
            await ramp(client, version_of(served), percentage)
    finally:
        await service.stop()


def work_for(programs: list[str], cluster: Cluster) -> int:
    """Serve the programs (scripts or bundle directories) until stopped by SIGTERM or Ctrl-C; return 0."""
    served = [served_of(program) for program in programs]

    async def begin(client: Client, service: Service) -> Coroutine[Any, Any, None]:
        await service.start()
        for each in [*served, *await _still_needed(client, served)]:
            await service.serve_deployed(each)
        for each in served:
            say(f"serving {each.name} {each.bundle.hash[:16]} (Ctrl-C stops)")
        return adopt(client, service, served)

    return _until_stopped(cluster, begin)


def perform_steps_of(queue: str, cluster: Cluster) -> int:
    """Perform the steps that policies send to a task queue until stopped by SIGTERM or Ctrl-C; return 0."""

    async def begin(client: Client, service: Service) -> Coroutine[Any, Any, None]:
        service.serve_steps(queue)
        say(f"performing the steps of queue {queue} (Ctrl-C stops)")
        return asyncio.sleep(0)

    return _until_stopped(cluster, begin)


def _until_stopped(
    cluster: Cluster, begin: Callable[[Client, Service], Coroutine[Any, Any, Coroutine[Any, Any, None]]]
) -> int:
    """Serve what `begin` serves; what that returns is done besides."""

    async def work() -> int:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        _on_stop(lambda: loop.call_soon_threadsafe(stopping.set))
        client = await connect(cluster)
        service = Service(client)
        besides = asyncio.create_task(await begin(client, service))
        failing = asyncio.create_task(service.failed())
        await asyncio.wait({failing, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if not stopping.is_set():
            failing.result()
        besides.cancel()
        say("stopping; steps that are running may end")
        await service.stop()
        return 0

    _stop_early()
    return hosting(work)


def served_of(program: str) -> Served:
    """Return the program named by a script or a bundle's directory, compiled and kept. Raise UsageError."""
    path = Path(program)
    if (path / "manifest.json").is_file():
        return Served(Bundle.load(path), path.resolve())
    launch = Launch(program, ())
    if not path.exists():
        raise UsageError(f"can't open {program!r}: no such script or bundle")
    return compiled(launch, home_of_script(script_path(launch)).make())


def compiled(launch: Launch, home: Home) -> Served:
    """Return the program as its files are now, kept below `home`."""
    bundle = build(launch, home)
    keep_bundle(bundle, home)
    return Served(bundle, home.bundles / bundle.hash)


def tell_how_to_serve(served: Served, cluster: Cluster) -> None:
    """Print the command that serves the program there."""
    _, address, namespace = target_of(cluster)
    say(f"serve it: durable worker --address {address} --namespace {namespace} {served.folder}")


async def _still_needed(client: Client, served: list[Served]) -> list[Served]:
    """Return the other versions of these programs that have runs or are current, if their code is kept here."""
    found: dict[str, Served] = {}
    known = {each.bundle.hash for each in served}
    for each in served:
        bundles = each.folder.parent
        for name in await _in_use(client, each.name, bundles):
            if name not in known | found.keys() and (bundles / name / "manifest.json").is_file():
                found[name] = Served(Bundle.load(bundles / name), bundles / name)
    return list(found.values())


async def _in_use(client: Client, name: str, bundles: Path) -> set[str]:
    codes = {await code_of(item, bundles) for item in await open_runs(client, name)}
    with contextlib.suppress(UsageError):  # it is served before it is deployed
        routing = (await deployment_of(client, name)).routing_config
        codes.add(kept_code(bundles, routing.current_deployment_version.build_id))
        codes.add(kept_code(bundles, routing.ramping_deployment_version.build_id))
    return codes - {""}


def _stop_early() -> None:
    """Until the workers run there is nothing to end in order."""

    def stop(number: int, frame: object) -> None:
        context.enter(None)
        os._exit(130 if number == signal.SIGINT else 0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _on_stop(tell: Callable[[], object]) -> None:
    """Have the next SIGINT or SIGTERM call `tell()`, and the one after it end the process."""
    from durable.runner.temporal.home import HOME

    def install() -> None:
        def stop(number: int, frame: object) -> None:
            _stop_early()
            tell()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)

    HOME.submit(install)
