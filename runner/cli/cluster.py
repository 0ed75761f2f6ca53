"""Commands about a Temporal cluster: dev, deploy, worker."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from durable.runner.cli.app import Address, Module, Namespace, Profile, app, finish, say
from durable.runner.cli.running import _PASS_ON

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster


@app.command()
def dev(
    port: Annotated[int, typer.Option("--port", help="Port of the server (0: a free one).")] = 7233,
    db: Annotated[Path | None, typer.Option("--db", help="Database file (default: .durable/temporal.db).")] = None,
    ui_port: Annotated[int, typer.Option("--ui-port", help="Port of the web UI (default: a free one).")] = 0,
    fast: Annotated[
        bool, typer.Option("--fast", help="Do not wait for the disk: survives kills, not power cuts.")
    ] = False,
) -> None:
    """Run a tuned local Temporal server with its web UI, until Ctrl-C.

    It goes on from its database file. What it acknowledged survives a power cut, unless --fast.

    Example: durable dev --port 7233
    """
    from durable.runner.temporal.server import ServerOptions

    finish(lambda: _dev(ServerOptions(db or _default_db(), port, ui_port, fast)))


def _default_db() -> Path:
    from durable.runner.journal.home import home_of_script

    return home_of_script(Path.cwd() / "server").make().path / "temporal.db"


def _dev(options: object) -> int:
    from durable.runner.temporal.server import Server, ServerOptions

    assert isinstance(options, ServerOptions)
    server = Server(options)

    def stop(number: int, frame: object) -> None:
        server.request_stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.wait_until_ready()
    durability = "process crashes, not power cuts" if options.is_fast else "crashes and power cuts"
    say(f"web UI at http://127.0.0.1:{server.ui_port}, database {options.db} (survives {durability})")
    print(server.address, flush=True)
    server.wait()
    return 0


@app.command(context_settings=_PASS_ON)
def deploy(
    context: typer.Context,
    script: Annotated[str, typer.Argument(help="The program, a plain Python file.")],
    args: Annotated[list[str] | None, typer.Argument(help="All after SCRIPT is the program's.")] = None,
    start: Annotated[bool, typer.Option("--start", help="Start a run and print its id.")] = False,
    id: Annotated[str, typer.Option("--id", help="Id of the run that --start starts.")] = "",
    module: Module = False,
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Build a program and make it the current version on a Temporal cluster.

    Example: durable deploy --start --id june report.py --month 6
    """
    from durable.runner.cli.engines import Cluster

    cluster = Cluster(address, namespace, profile)
    finish(lambda: _deploy(script, (*(args or ()), *context.args), (id, module, start), cluster))


def _deploy(script: str, args: tuple[str, ...], options: tuple[str, bool, bool], cluster: object) -> int:
    from durable.runner.cli.engines import Cluster
    from durable.runner.local.driver import Launch
    from durable.runner.temporal.commands import deploy as work

    assert isinstance(cluster, Cluster)
    id, module, start = options
    return work(Launch(script, args, id, module), cluster, start)


@app.command()
def worker(
    programs: Annotated[
        list[str] | None, typer.Argument(metavar="[SCRIPT_OR_BUNDLE]...", help="What to serve.")
    ] = None,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="Print a systemd unit that keeps this worker running.")
    ] = False,
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Go on with interrupted runs and wake sleeping ones, until stopped; with an address, serve a Temporal cluster.

    Without SCRIPT_OR_BUNDLE: all runs of the nearest .durable directory. One worker serves a directory. A run that
    somebody left with Ctrl-C counts as interrupted and goes on too.

    Example: durable worker
    Example: durable worker --address temporal.example.com:7233 report.py
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _worker(programs or [], systemd, cluster))


def _worker(programs: list[str], is_unit: bool, cluster: Cluster | None) -> int:
    from durable.runner.errors import UsageError

    if cluster is None:
        from durable.runner.local.worker import serve_home

        return serve_home(programs, is_unit, say)
    if is_unit or not programs:
        raise UsageError("name the programs to serve from the cluster; --systemd is for the local engine")
    from durable.runner.temporal.commands import work_for

    return work_for(programs, cluster)
