"""The command report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from durable.runner.cli.app import Address, Namespace, Profile, app, finish
from durable.runner.cli.building import print_text
from durable.runner.cli.running import RunId

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster
    from durable.runner.reporting.facts import Sources
    from durable.runner.spec import RunSpec


@app.command()
def report(
    run: RunId,
    output: Annotated[
        str, typer.Option("-o", "--output", help="The file (default: RUN.html or RUN.md); - for standard output.")
    ] = "",
    format: Annotated[
        str, typer.Option("--format", help="html or markdown (default: what the file's name ends in).")
    ] = "",
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Write a run down as one self-contained document: timeline, output, graph, variables where it stands.

    Example: durable report june
    Example: durable report --format markdown -o - june
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _report(run, output, format, cluster))


def _report(run: str, output: str, format: str, cluster: Cluster | None) -> int:
    from durable.runner.errors import UsageError
    from durable.runner.reporting.facts import gather
    from durable.runner.reporting.writing import as_html, as_markdown

    kind = format or ("markdown" if output.endswith((".md", ".markdown")) else "html")
    writers = {"html": (as_html, ".html"), "markdown": (as_markdown, ".md")}
    if kind not in writers:
        raise UsageError(f"there is no format {kind!r}: it is html or markdown")
    write, ending = writers[kind]
    text = write(gather(_sources(run, cluster))).rstrip()
    if output == "-":
        print_text(text)
        return 0
    path = Path(output or f"{run}{ending}")
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {str(path)!r}: {error.strerror}") from error
    print(path)
    return 0


def _sources(run: str, cluster: Cluster | None) -> Sources:
    from durable.runner.cli.looking import describe_local
    from durable.runner.inspecting.asking import inspect_local, inspect_on_cluster
    from durable.runner.inspecting.picture import Moment
    from durable.runner.reporting.facts import Sources

    moment = Moment(run)
    if cluster is None:
        return Sources(
            lambda: describe_local(run),
            lambda: _output_of(run),
            lambda: inspect_local(moment),
            lambda counts: _graph(_spec_of(run), counts),
        )
    from durable.runner.temporal.commands import describe_run, output_of

    return Sources(
        lambda: describe_run(cluster, run),
        lambda: output_of(cluster, run),
        lambda: inspect_on_cluster(cluster, moment),
        lambda counts: "",
    )


def _output_of(run: str) -> list[tuple[int, bytes]]:
    from durable.runner.local.driver import locate

    journal, row = locate(run)
    try:
        return [(fd, data) for _, fd, data in journal.output(row.n)]
    finally:
        journal.close()


def _spec_of(run: str) -> RunSpec:
    from durable.runner.local.driver import locate

    journal, row = locate(run)
    journal.close()
    return row.spec


def _graph(spec: RunSpec, counts: dict[tuple[str, int], int]) -> str:
    """Return the graph of the program as it is now, the run's steps marked. Raise ProgramError, UsageError."""
    from durable.runner.cli.building import cache_of
    from durable.transpiler.pipeline import CompileOptions, plan_program
    from durable.transpiler.show.flow import flow_of
    from durable.transpiler.show.flow_svg import as_svg

    script = spec.script if spec.module_mode else spec.path
    options = CompileOptions(module_mode=spec.module_mode, cache_dir=cache_of(script, spec.module_mode))
    plan = plan_program(Path(script), options)
    names = {str(module.source.path): module.source.name for module in plan.resolved.modules}
    return as_svg(flow_of(plan), {(names.get(file, ""), line): count for (file, line), count in counts.items()})
