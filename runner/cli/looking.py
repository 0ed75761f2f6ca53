"""Commands that look at runs: ps, show, logs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from durable.runner.cli.app import Address, Json, Namespace, Profile, app, finish, print_json
from durable.runner.cli.running import RunId

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster
    from durable.runner.cli.timeline import Output
    from durable.runner.journal.rows import OpenRow, StepRow

FINAL = frozenset({"completed", "failed", "cancelled"})


@app.command()
def ps(json: Json = False, address: Address = "", namespace: Namespace = "", profile: Profile = "") -> None:
    """List the runs, newest first, with their age and what each waits for.

    Example: durable ps --json
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _ps(json, cluster))


def _ps(as_json: bool, cluster: Any) -> int:
    if cluster is not None:
        from durable.runner.temporal.commands import list_runs

        rows = list_runs(cluster)
    else:
        rows = local_runs()
    if as_json:
        print_json(rows)
    else:
        _print_runs(rows)
    return 0


def local_runs() -> list[dict[str, Any]]:
    """Return the runs of the nearest journal as `durable ps --json` shows them."""
    from durable.runner.journal.home import homes_from
    from durable.runner.journal.store import Journal
    from durable.runner.local.driver import status_of

    for home in homes_from(Path.cwd()):
        if not home.journal.is_file():
            continue
        journal = Journal(home)
        found = [
            {
                "id": row.spec.id,
                "script": row.spec.script,
                "engine": "local",
                "status": status_of(home, row),
                "started_at": row.started_at,
                "updated_at": row.updated_at,
                "steps": journal.count_steps(row.n),
                "exit_code": row.exit_code,
                "waits_for": what_it_waits_for(journal.open_rows(row.n)) if row.status == "running" else "",
            }
            for row in journal.runs()
        ]
        journal.close()
        return found
    return []


def what_it_waits_for(rows: Sequence[OpenRow]) -> str:
    """Return the oldest open request in words, and how many more there are."""
    if not rows:
        return ""
    row = rows[0]
    place = f" at {Path(row.site.file).name}:{row.site.line}" if row.site and row.site.file else ""
    if row.kind == "prompt":
        what = f"answer to {row.name.strip()!r}" if row.name.strip() else "input"
    elif row.until is not None:
        what = f"timer until {_clock(row.until)}"
    else:
        what = row.name
    return f"{what}{place}{f', {len(rows) - 1} more' if len(rows) > 1 else ''}"


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _print_runs(rows: list[dict[str, Any]]) -> None:
    if not rows:
        print("no runs")
        return
    from durable.runner.local.driver import age

    table = [("RUN", "STATUS", "STEPS", "AGE", "EXIT", "SCRIPT", "WAITS FOR")]
    for row in rows:
        code = "" if row["exit_code"] is None else str(row["exit_code"])
        facts = (row["id"], row["status"], str(row["steps"]), age(row["started_at"]), code, row["script"])
        table.append((*facts, row.get("waits_for", "")))
    print_table(table)


def print_table(table: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns as wide as their widest cell."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@app.command()
def show(
    run: RunId,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with each step as it ends, until the run has ended.")
    ] = False,
    json: Json = False,
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Show a run's steps on a timeline, with durations and attempts, and what it waits for.

    \b
    Example: durable show june
    Example: durable show --follow june
    """
    from durable.runner.cli.engines import Cluster, choose
    from durable.runner.cli.timeline import follow_run, print_run

    cluster = choose("", Cluster(address, namespace, profile))

    def work() -> int:
        if follow and not json:
            return follow_run(lambda: _described(run, cluster))
        found = _described(run, cluster)
        if json:
            print_json(found)
        else:
            print_run(found)
        return 0

    finish(work)


def _described(run: str, cluster: Cluster | None) -> dict[str, Any]:
    if cluster is None:
        return describe_local(run)
    from durable.runner.temporal.commands import describe_run

    return describe_run(cluster, run)


def describe_local(run: str) -> dict[str, Any]:
    """Return a local run as `durable show --json` shows it. Raise UnknownRun."""
    from durable.runner.local.driver import locate, status_of

    journal, row = locate(run)
    status = status_of(journal.home, row)
    entries = journal.steps(row.n)
    steps = [
        {
            "seq": step.entry.seq,
            "name": step.site.name if step.site else step.entry.name,
            "effect": step.site.effect if step.site else "",
            "file": step.site.file if step.site else "",
            "line": step.site.line if step.site else 0,
            "status": "completed" if step.entry.kind == "returned" else "raised",
            "attempts": step.attempts,
            "started_at": step.at,
            "duration": step.duration,
            "in_doubt": step.in_doubt,
            "given": step.is_given,
            "callee": step.entry.name,
        }
        for step in entries
        if step.entry.kind in ("returned", "raised")
    ]
    waits = []
    for item in journal.open_rows(row.n):
        place: dict[str, Any] = {
            "file": item.site.file if item.site else "",
            "line": item.site.line if item.site else 0,
        }
        if item.kind == "step":
            steps.append(
                {
                    "seq": item.seq,
                    "name": item.site.name if item.site else item.name,
                    "effect": item.site.effect if item.site else "",
                    **place,
                    "status": "running" if status == "running" else "in_doubt",
                    "attempts": item.attempts,
                    "started_at": item.at,
                    "duration": None,
                    "in_doubt": status != "running",
                    "callee": item.name,
                }
            )
        else:
            is_prompt = item.kind == "prompt"
            asked = {"prompt": item.name if is_prompt else None, "asks": item.note if is_prompt else None}
            waits.append({"kind": item.kind, **place, **asked, "until": item.until, "seq": item.seq})
    journal.close()
    program = {"script": row.spec.script, "path": row.spec.path, "module_mode": row.spec.module_mode}
    head = {"id": run, **program, "engine": "local", "status": status, "exit_code": row.exit_code}
    found = {**head, "error": row.error, "started_at": row.started_at, "steps": steps, "waits": waits}
    return {**found, "waited": _waited(entries)}


def _waited(entries: Sequence[StepRow]) -> list[dict[str, Any]]:
    """Return at which lines timers and prompts are over, and how often."""
    over = Counter(
        (row.site.file, row.site.line) for row in entries if row.site and row.entry.kind in ("fired", "answered")
    )
    return [{"file": file, "line": line, "times": times} for (file, line), times in over.items()]


@app.command()
def logs(
    run: RunId,
    stream: Annotated[str, typer.Option("--stream", help="stdout, stderr or both, each to its own stream.")] = "both",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as the run prints, across crashes, until it has ended.")
    ] = False,
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Print exactly what the program printed.

    \b
    Example: durable logs june > june.txt
    Example: durable logs --follow june
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _logs(run, stream, follow, cluster))


def _logs(run: str, stream: str, follow: bool, cluster: Cluster | None) -> int:
    from durable.runner.cli.timeline import Output
    from durable.runner.errors import UsageError

    wanted = {"stdout": (1,), "stderr": (2,), "both": (1, 2)}.get(stream)
    if wanted is None:
        raise UsageError(f"there is no stream {stream!r}: it is stdout, stderr or both")
    output = Output(wanted)
    if cluster is None:
        return _local_logs(run, output, follow)
    from durable.runner.temporal.commands import describe_run, output_of

    if follow:
        output.follow(lambda: output_of(cluster, run), lambda: describe_run(cluster, run)["status"] in FINAL)
    else:
        output.show(output_of(cluster, run))
    return 0


def _local_logs(run: str, output: Output, follow: bool) -> int:
    from durable.runner.local.driver import locate

    journal, row = locate(run)

    def chunks() -> list[tuple[int, bytes]]:
        return [(fd, data) for _, fd, data in journal.output(row.n)]

    if follow:
        output.follow(chunks, lambda: journal.get(run).status in FINAL)
    else:
        output.show(chunks())
    journal.close()
    return 0
