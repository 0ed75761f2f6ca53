"""Commands that keep house: rm, export, replay, doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from durable.runner.cli.app import Address, Json, Namespace, Profile, app, finish, print_json, say
from durable.runner.cli.running import RunId, runs_beginning_with

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster


@app.command()
def rm(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", autocompletion=runs_beginning_with, help="What to remove.")
    ] = None,
    finished: Annotated[bool, typer.Option("--finished", help="All runs here that have ended.")] = False,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Those that ended so long ago: 30d, 12h.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Also a run that could be resumed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which runs these are.")] = False,
) -> None:
    """Remove runs with their steps, output and code. A running one is never removed.

    On a Temporal cluster the retention of the namespace does this.

    \b
    Example: durable rm june july
    Example: durable rm --finished --older-than 30d
    """
    finish(lambda: _rm(runs or [], finished, older_than, (force, dry_run)))


def _rm(runs: list[str], is_finished: bool, older_than: str, options: tuple[bool, bool]) -> int:
    from durable.runner.errors import UsageError
    from durable.runner.journal.home import homes_from
    from durable.runner.journal.store import Journal
    from durable.runner.local.removing import finished, named, remove, seconds_of

    if bool(runs) == (is_finished or bool(older_than)):
        raise UsageError("name the runs to remove, or give --finished or --older-than AGE")
    is_forced, is_dry = options
    found = named(runs, is_forced)
    age = seconds_of(older_than) if older_than else 0.0
    home = next((home for home in homes_from(Path.cwd()) if home.journal.is_file()), None)
    if not runs and home is not None:
        found = finished(Journal(home), age)
    for journal, row in found:
        if not is_dry:
            remove(journal, row)
        print(row.spec.id, flush=True)
    say(f"{len(found)} run{'' if len(found) == 1 else 's'} {'would be ' if is_dry else ''}removed")
    return 0


@app.command()
def export(run: RunId, address: Address = "", namespace: Namespace = "", profile: Profile = "") -> None:
    """Print all that is recorded of a run as JSON lines.

    The first line is the run; each other has a "type": entry, open, output or blob (on Temporal: step or wait).

    Example: durable export june > june.jsonl
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _export(run, cluster))


def _export(run: str, cluster: Cluster | None) -> int:
    import json

    if cluster is None:
        from durable.runner.local.driver import locate
        from durable.runner.local.exporting import lines_of

        lines = lines_of(*locate(run))
    else:
        from durable.runner.temporal.commands import describe_run

        found = describe_run(cluster, run)
        steps, waits = found.pop("steps"), found.pop("waits")
        marked = [("run", found), *(("step", step) for step in steps), *(("wait", wait) for wait in waits)]
        lines = iter([{"type": kind, **item} for kind, item in marked])
    for line in lines:
        print(json.dumps(line, ensure_ascii=False))
    return 0


@app.command()
def replay(run: RunId, json: Json = False) -> None:
    """Run a run of the local engine again from its journal, without touching the world, and compare.

    Exit code 1 if its output or outcome differs from what is recorded, 5 if the journal does not fit the code.

    Example: durable replay june
    """
    finish(lambda: _replay(run, json))


def _replay(run: str, as_json: bool) -> int:
    from durable.runner.inspecting.asking import replay_local

    found = replay_local(run)
    if as_json:
        print_json(found)
    else:
        for difference in found["differences"]:
            print(difference)
        print(f"{run}: {found['steps']} steps replayed, {'the same' if found['same'] else 'not the same'}")
    return 0 if found["same"] else 1


@app.command()
def doctor(json: Json = False, address: Address = "", namespace: Namespace = "", profile: Profile = "") -> None:
    """Look whether all is well: versions, the .durable directory, its journal and runs, the Temporal server.

    Exit code 1 if something is broken. Nothing is changed.

    \b
    Example: durable doctor
    Example: durable doctor --address 127.0.0.1:7233 --json
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _doctor(cluster, json))


def _doctor(cluster: Cluster | None, as_json: bool) -> int:
    from durable.runner.local.doctor import examine

    findings = examine(cluster)
    if as_json:
        print_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            print(f"{finding.status:<8} {finding.name}: {finding.text}")
            if finding.advice:
                print(f"{'':<8} -> {finding.advice}")
    sys.stdout.flush()
    return 1 if any(finding.status == "broken" for finding in findings) else 0
