"""Commands that look at runs: ps, show, logs."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from durable.runner.cli.app import Address, Json, Namespace, Profile, app, finish, print_json
from durable.runner.cli.running import RunId


@app.command()
def ps(json: Json = False, address: Address = "", namespace: Namespace = "", profile: Profile = "") -> None:
    """List the runs, newest first.

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
            }
            for row in journal.runs()
        ]
        journal.close()
        return found
    return []


def _print_runs(rows: list[dict[str, Any]]) -> None:
    if not rows:
        print("no runs")
        return
    from durable.runner.local.driver import age

    table = [("RUN", "STATUS", "STEPS", "AGE", "EXIT", "SCRIPT")]
    for row in rows:
        code = "" if row["exit_code"] is None else str(row["exit_code"])
        table.append((row["id"], row["status"], str(row["steps"]), age(row["started_at"]), code, row["script"]))
    print_table(table)


def print_table(table: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns as wide as their widest cell."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@app.command()
def show(
    run: RunId, json: Json = False, address: Address = "", namespace: Namespace = "", profile: Profile = ""
) -> None:
    """Show a run's steps and what it waits for.

    Example: durable show june
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _show(run, json, cluster))


def _show(run: str, as_json: bool, cluster: Any) -> int:
    if cluster is not None:
        from durable.runner.temporal.commands import describe_run

        found = describe_run(cluster, run)
    else:
        found = describe_local(run)
    if as_json:
        print_json(found)
    else:
        _print_run(found)
    return 0


def describe_local(run: str) -> dict[str, Any]:
    """Return a local run as `durable show --json` shows it. Raise UnknownRun."""
    from durable.runner.local.driver import locate, status_of

    journal, row = locate(run)
    status = status_of(journal.home, row)
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
            "callee": step.entry.name,
        }
        for step in journal.steps(row.n)
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
            prompt = item.name if item.kind == "prompt" else None
            waits.append({"kind": item.kind, **place, "prompt": prompt, "until": item.until, "seq": item.seq})
    journal.close()
    head = {"id": run, "script": row.spec.script, "engine": "local", "status": status, "exit_code": row.exit_code}
    return {**head, "error": row.error, "steps": steps, "waits": waits}


def _print_run(found: dict[str, Any]) -> None:
    print(
        f"{found['id']}  {found['script']}  {found['status']}" + (f"  {found['error']}" if found.get("error") else "")
    )
    table = [("SEQ", "STEP", "EFFECT", "PLACE", "STATUS", "ATTEMPTS", "DURATION")]
    for step in found["steps"]:
        duration = "" if step["duration"] is None else f"{step['duration']:.3f}s"
        mark = step["status"] + (" (was in doubt)" if step.get("in_doubt") and step["status"] != "in_doubt" else "")
        place = f"{Path(step['file']).name}:{step['line']}"
        table.append((str(step["seq"]), step["name"], step["effect"], place, mark, str(step["attempts"]), duration))
    print_table(table)
    for wait in found["waits"]:
        until = f" until {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(wait['until']))}" if wait["until"] else ""
        asked = f" {wait['prompt']!r}" if wait["prompt"] else ""
        print(f"waits: {wait['kind']}{asked}{until}")


@app.command()
def logs(
    run: RunId,
    stream: Annotated[str, typer.Option("--stream", help="stdout, stderr or both, each to its own stream.")] = "both",
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Print exactly what the program printed.

    Example: durable logs june > june.txt
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _logs(run, stream, cluster))


def _logs(run: str, stream: str, cluster: Any) -> int:
    from durable.runner.errors import UsageError

    wanted = {"stdout": (1,), "stderr": (2,), "both": (1, 2)}.get(stream)
    if wanted is None:
        raise UsageError(f"there is no stream {stream!r}: it is stdout, stderr or both")
    if cluster is not None:
        from durable.runner.temporal.commands import output_of

        chunks = output_of(cluster, run)
    else:
        from durable.runner.local.driver import locate

        journal, row = locate(run)
        chunks = [(fd, data) for _, fd, data in journal.output(row.n)]
        journal.close()
    for fd, data in chunks:
        if fd in wanted:
            out = sys.stdout if fd == 1 else sys.stderr
            out.buffer.write(data)
            out.flush()
    return 0
