"""Commands about a Temporal cluster: dev, deploy, worker."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from durable.runner.cli.app import Address, Json, Module, Namespace, Profile, app, finish, print_json, say
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
    status: Annotated[
        bool, typer.Option("--status", help="Show the program's versions instead, with the runs that they still have.")
    ] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Make the version current instead that was so before.")
    ] = False,
    ramp: Annotated[
        float | None,
        typer.Option("--ramp", min=0, max=100, metavar="PERCENT", help="Give it this share of the new runs only."),
    ] = None,
    json: Json = False,
    id: Annotated[str, typer.Option("--id", help="Id of the run that --start starts.")] = "",
    module: Module = False,
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Build a program and make it the current version on a Temporal cluster.

    Runs that have begun stay on their version; `durable upgrade` moves them.

    \b
    Example: durable deploy --start --id june report.py --month 6
    Example: durable deploy --status report.py
    """
    from durable.runner.cli.engines import Cluster

    cluster = Cluster(address, namespace, profile)
    if status or rollback:
        finish(lambda: _versions(script, module, cluster, (rollback, json)))
    finish(lambda: _deploy(script, (*(args or ()), *context.args), (id, module, start, ramp), cluster))


def _deploy(script: str, args: tuple[str, ...], options: tuple[str, bool, bool, float | None], cluster: object) -> int:
    from durable.runner.cli.engines import Cluster
    from durable.runner.local.driver import Launch
    from durable.runner.temporal.commands import deploy as work

    assert isinstance(cluster, Cluster)
    id, module, start, ramp = options
    return work(Launch(script, args, id, module), cluster, start, ramp)


def _versions(script: str, module: bool, cluster: Cluster, options: tuple[bool, bool]) -> int:
    from durable.runner.journal.home import home_of_script
    from durable.runner.local.driver import Launch, build, script_path
    from durable.runner.temporal.service import program_name
    from durable.runner.temporal.versions import rollback, status

    launch = Launch(script, (), "", module)
    home = home_of_script(script_path(launch)).make()
    name = program_name(build(launch, home))
    is_rollback, as_json = options
    if is_rollback:
        return rollback(cluster, name, home)
    rows = status(cluster, name, home)
    if as_json:
        print_json(rows)
    else:
        _print_versions(rows)
    return 0


def _print_versions(rows: list[dict[str, Any]]) -> None:
    from durable.runner.cli.looking import print_table

    head = ("VERSION", "STATUS", "RUNS", "CREATED", "CODE")
    lines = [
        (
            row["version"][:16],
            row["status"] + (f" {row['percentage']:g} %" if row["percentage"] is not None else ""),
            str(row["open_runs"]),
            time.strftime("%Y-%m-%d %H:%M", time.localtime(row["created_at"])),
            row["bundle"] or "not kept here",
        )
        for row in rows
    ]
    print_table([head, *lines])


@app.command(context_settings=_PASS_ON)
def schedule(
    context: typer.Context,
    cron: Annotated[str, typer.Argument(help="When, as in crontab.", metavar="[CRON]")] = "",
    script: Annotated[str, typer.Argument(help="The program, a plain Python file.", metavar="[SCRIPT]")] = "",
    args: Annotated[list[str] | None, typer.Argument(help="All after SCRIPT is the program's.")] = None,
    id: Annotated[str, typer.Option("--id", help="Id of the schedule; its runs are named after it.")] = "",
    zone: Annotated[str, typer.Option("--time-zone", help="Time zone of CRON, as Europe/Vienna (default: UTC).")] = "",
    overlap: Annotated[
        str, typer.Option("--overlap", help="While the run before goes on: skip, one, queue, cancel or all.")
    ] = "skip",
    now: Annotated[bool, typer.Option("--now", help="Start a first run at once.")] = False,
    list: Annotated[bool, typer.Option("--list", help="List the schedules instead.")] = False,
    remove: Annotated[str, typer.Option("--remove", metavar="ID", help="Remove a schedule instead.")] = "",
    module: Module = False,
    json: Json = False,
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Start runs of a program by the clock of a Temporal cluster, each on the version that is current then.

    \b
    Example: durable schedule --id nightly "0 6 * * *" report.py --month 6
    Example: durable schedule --list
    """
    from durable.runner.cli.engines import Cluster

    cluster = Cluster(address, namespace, profile)
    if list or remove:
        finish(lambda: _schedules(cluster, remove, json))
    launched = script, (*(args or ()), *context.args), id, module
    finish(lambda: _schedule(launched, cluster, (cron, zone, overlap, now)))


def _schedule(
    launched: tuple[str, tuple[str, ...], str, bool], cluster: Cluster, times: tuple[str, str, str, bool]
) -> int:
    from durable.runner.errors import UsageError
    from durable.runner.local.driver import Launch
    from durable.runner.temporal.scheduling import Times
    from durable.runner.temporal.scheduling import schedule as work

    if not launched[0]:
        raise UsageError('say when, and what: durable schedule "0 6 * * *" report.py')
    return work(Launch(*launched), cluster, Times(*times))


def _schedules(cluster: Cluster, removed: str, as_json: bool) -> int:
    from durable.runner.cli.looking import print_table
    from durable.runner.temporal.scheduling import list_schedules, remove_schedule

    if removed:
        return remove_schedule(cluster, removed)
    rows = list_schedules(cluster)
    if as_json:
        print_json(rows)
        return 0
    lines = [("SCHEDULE", "SCRIPT", "NEXT RUN", "LAST RUN")]
    for row in rows:
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["next_at"][0])) if row["next_at"] else "never"
        last = row["runs"][-1] if row["runs"] else ""
        lines.append((row["id"], row["script"], "paused" if row["is_paused"] else at, last))
    print_table(lines)
    return 0


@app.command()
def upgrade(
    run: Annotated[str, typer.Argument(help="Id of a run that `durable deploy` started.", metavar="[RUN]")] = "",
    all: Annotated[str, typer.Option("--all", metavar="SCRIPT", help="Every open run of this program.")] = "",
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Let a deployed run go on with the program as its file is now.

    What the run has done is replayed with the edited program first. If that asks for another step than was recorded,
    both places are shown and the run stays as it is (exit code 5).

    \b
    Example: durable upgrade june
    Example: durable upgrade --all report.py
    """
    from durable.runner.cli.engines import Cluster

    cluster = Cluster(address, namespace, profile)
    finish(lambda: _upgrade(run, all, cluster))


def _upgrade(run: str, script: str, cluster: Cluster) -> int:
    from durable.runner.errors import UsageError
    from durable.runner.local.driver import Launch
    from durable.runner.temporal.upgrading import upgrade_all, upgrade_run

    if bool(run) == bool(script):
        raise UsageError("name a run, or a program with --all")
    return upgrade_run(cluster, run) if run else upgrade_all(cluster, Launch(script, ()))


@app.command()
def worker(
    programs: Annotated[
        list[str] | None, typer.Argument(metavar="[SCRIPT_OR_BUNDLE]...", help="What to serve.")
    ] = None,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="Print a systemd unit that keeps this worker running.")
    ] = False,
    queue: Annotated[
        str, typer.Option("--queue", help="Perform only the steps that policies send to this task queue.")
    ] = "",
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Go on with interrupted runs and wake sleeping ones, until stopped; with an address, serve a Temporal cluster.

    Without SCRIPT_OR_BUNDLE: all runs of the nearest .durable directory. One worker serves a directory. A run that
    somebody left with Ctrl-C counts as interrupted and goes on too.

    \b
    Example: durable worker
    Example: durable worker --address temporal.example.com:7233 report.py
    Example: durable worker --address temporal.example.com:7233 --queue gpu
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _queue_worker(queue, programs, cluster) if queue else _worker(programs or [], systemd, cluster))


def _queue_worker(queue: str, programs: list[str] | None, cluster: Cluster | None) -> int:
    from durable.runner.errors import UsageError

    if cluster is None:
        raise UsageError("--queue is about a cluster: give --address or a profile")
    if programs:
        raise UsageError("a worker with --queue performs steps of whatever program: name none")
    from durable.runner.temporal.commands import perform_steps_of

    return perform_steps_of(queue, cluster)


def _worker(programs: list[str], is_unit: bool, cluster: Cluster | None) -> int:
    from durable.runner.errors import UsageError

    if cluster is None:
        from durable.runner.local.worker import serve_home

        return serve_home(programs, is_unit, say)
    if not programs:
        raise UsageError("name the programs to serve from the cluster")
    if is_unit:
        from durable.runner.temporal.connection import target_of
        from durable.runner.units import cluster_unit

        _, address, namespace = target_of(cluster)
        print(cluster_unit(programs, address, namespace, cluster.profile), end="")
        return 0
    from durable.runner.temporal.commands import work_for

    return work_for(programs, cluster)
