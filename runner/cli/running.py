"""Commands that run programs: run, resume, retry, answer, signal, cancel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from durable.runner.cli.app import Address, Module, Namespace, Profile, app, finish

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

_PASS_ON = {"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True}


def runs_beginning_with(incomplete: str) -> list[tuple[str, str]]:
    """Return the runs for a shell to complete, each with a word about it."""
    from durable.runner.cli.looking import local_runs
    from durable.runner.errors import DurableError

    try:
        rows = local_runs()
    except DurableError:
        return []
    return [(row["id"], f"{row['status']} {row['script']}") for row in rows if row["id"].startswith(incomplete)]


RunId = Annotated[
    str,
    typer.Argument(metavar="RUN", help="The run's id, as `durable ps` lists it.", autocompletion=runs_beginning_with),
]


@app.command(context_settings=_PASS_ON)
def run(
    context: typer.Context,
    script: Annotated[str, typer.Argument(help="The program, a plain Python file.")],
    args: Annotated[list[str] | None, typer.Argument(help="All after SCRIPT is the program's.")] = None,
    id: Annotated[str, typer.Option("--id", help="Name of the run: start it, resume it, or give its outcome.")] = "",
    engine: Annotated[str, typer.Option("--engine", help="local or temporal.")] = "",
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Print the run's id and leave the run to the background.")
    ] = False,
    module: Module = False,
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Run a program so that it survives crashes.

    \b
    Example: durable run --id june report.py --month 6
    Example: durable run --detach report.py
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose(engine, Cluster(address, namespace, profile))
    launched = (script, (*(args or ()), *context.args), id, module)
    finish(lambda: _detach(launched, cluster) if detach else _run(launched, cluster))


def _detach(launched: tuple[str, tuple[str, ...], str, bool], cluster: Cluster | None) -> int:
    from durable.runner.local.detached import run_detached, run_detached_on_cluster
    from durable.runner.local.driver import Launch

    launch = Launch(*launched)
    return run_detached(launch) if cluster is None else run_detached_on_cluster(launch, cluster)


def _run(launched: tuple[str, tuple[str, ...], str, bool], cluster: Cluster | None) -> int:
    from durable.runner.local.driver import Launch, run_script

    launch = Launch(*launched)
    if cluster is None:
        return run_script(launch)
    from durable.runner.temporal.commands import run_on_cluster

    return run_on_cluster(launch, cluster)


@app.command()
def resume(
    run: Annotated[
        str,
        typer.Argument(metavar="[RUN]", help="Default: the newest unfinished run.", autocompletion=runs_beginning_with),
    ] = "",
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Go on with an interrupted run.

    Example: durable resume june
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _resume(run, cluster))


def _resume(run: str, cluster: Cluster | None) -> int:
    if cluster is not None:
        from durable.runner.temporal.commands import resume_on_cluster

        return resume_on_cluster(run, cluster)
    from durable.runner.local.driver import resume as work

    return work(run or None)


@app.command()
def retry(
    run: RunId,
    value: Annotated[
        str | None,
        typer.Option("--value", metavar="JSON", help="Take this as the step's result instead of doing it again."),
    ] = None,
    since: Annotated[
        int | None,
        typer.Option(
            "--from", metavar="SEQ", help="Do everything from step SEQ on again (`durable show` numbers them)."
        ),
    ] = None,
    code: Annotated[
        str, typer.Option("--code", metavar="new", help="Go on with the program as it is now, if the journal fits it.")
    ] = "",
    redo: Annotated[
        bool, typer.Option("--redo", help="Also if later steps of other threads are done again by it.")
    ] = False,
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Let a failed run go on from its failed step; everything before it is kept.

    With --value, JSON is recorded as the result of the failed step (or of step SEQ), and `durable show` says that it
    was given by hand. What JSON has not is given in the journal's form: '{"$": "bytes", "v": "aGVsbG8="}'.

    With --from, steps that were completed are done again from SEQ on, with new idempotency keys; a completed run can
    be taken up again like that.

    With --code new, the edited program is replayed against what is kept, without touching the world. If it does not
    fit, the recorded call and the new one are shown, and nothing is changed (exit code 5). An interrupted run can be
    moved to new code like that too.

    \b
    Examples: durable retry june
              durable retry --value '{"id": 7}' june
              durable retry --from 12 june
              durable retry --code new june
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _retry(run, (redo, since, value, code), cluster))


def _retry(run: str, wished: tuple[bool, int | None, str | None, str], cluster: Cluster | None) -> int:
    from durable.runner.errors import UsageError

    redo, since, value, code = wished
    if code not in ("", "new"):
        raise UsageError(f"--code {code}: the only other code is that of the program as it is now, `--code new`")
    if cluster is not None:
        if since is not None or value is not None or code:
            raise UsageError(
                "--value, --from and --code are for runs of the local engine; on Temporal, give none of them"
            )
        from durable.runner.temporal.commands import retry_on_cluster

        return retry_on_cluster(run, redo, cluster)
    from durable.runner.local.retrying import Wish, retry

    return retry(run, Wish(redo, since, value, bool(code)))


@app.command()
def answer(
    run: RunId,
    text: Annotated[str, typer.Argument(help="The answer (default: an empty line).")] = "",
    prompt: Annotated[
        str, typer.Option("--prompt", help="Which prompt, by its text or number (default: the oldest).")
    ] = "",
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Answer a prompt that a run waits at.

    Example: durable answer june yes
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: send(run, "answer", prompt, text + "\n", cluster))


@app.command()
def signal(
    run: RunId,
    name: Annotated[str, typer.Argument(help="The signal, as SIGTERM or USR1.")],
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Deliver a signal to a run (its handler is the one set with `signal.signal`).

    Example: durable signal june SIGUSR1
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: send(run, "signal", name, json.dumps(None), cluster))


@app.command()
def cancel(run: RunId, address: Address = "", namespace: Namespace = "", profile: Profile = "") -> None:
    """Cancel a run: KeyboardInterrupt in the program, whose `finally` blocks run.

    Example: durable cancel june
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: send(run, "cancel", "", "null", cluster))


def send(run: str, kind: str, name: str, payload: str, cluster: Cluster | None) -> int:
    """Leave a message for the process that drives the run; it takes it when it next looks."""
    if cluster is not None:
        from durable.runner.temporal import commands

        return commands.send(cluster, run, kind, name, payload)
    from durable.runner.errors import UsageError
    from durable.runner.local.driver import locate

    journal, row = locate(run)
    if row.status != "running":
        raise UsageError(f"run {run} has ended: it is {row.status}")
    journal.send(row.n, kind, name, payload)
    journal.close()
    return 0
