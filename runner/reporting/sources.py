"""Where the parts of a run's report come from, on the local engine and on Temporal alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from durable.runner.errors import RefusedProgram, UsageError
from durable.runner.reporting.facts import Progress, Sources

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

Drawing = Callable[[Progress], str]


def sources_of(run: str, cluster: Cluster | None) -> Sources:
    """Return what is asked for a report of `run`; nothing is asked yet."""
    from durable.runner.inspecting.asking import inspect_local, inspect_on_cluster
    from durable.runner.inspecting.picture import Moment

    moment = Moment(run)
    if cluster is None:
        from durable.runner.cli.looking import describe_local

        return Sources(
            lambda: describe_local(run),
            lambda: _output_of(run),
            lambda: inspect_local(moment),
            lambda found: drawing_of(found)(Progress.of(found)),
        )
    from durable.runner.temporal.commands import describe_run, output_of

    return Sources(
        lambda: describe_run(cluster, run),
        lambda: output_of(cluster, run),
        lambda: inspect_on_cluster(cluster, moment),
        lambda found: drawing_of(found)(Progress.of(found)),
    )


def _output_of(run: str) -> list[tuple[int, bytes]]:
    from durable.runner.local.driver import locate

    journal, row = locate(run)
    try:
        return [(fd, data) for _, fd, data in journal.output(row.n)]
    finally:
        journal.close()


def drawing_of(found: dict[str, Any]) -> Drawing:
    """Return what draws the program of a described run, as it is now, with the run's progress over it, as SVG.

    Raise UsageError, RefusedProgram.
    """
    from durable.runner.cli.building import cache_of
    from durable.transpiler.errors import ProgramError
    from durable.transpiler.pipeline import CompileOptions, plan_program
    from durable.transpiler.show.flow import flow_of
    from durable.transpiler.show.flow_svg import as_svg

    module_mode = bool(found.get("module_mode"))
    script = str(found["script"] if module_mode else found.get("path", ""))
    if not script:
        raise UsageError("the run does not tell which file its program is")
    options = CompileOptions(module_mode=module_mode, cache_dir=cache_of(script, module_mode))
    try:
        plan = plan_program(Path(script), options)
    except ProgramError as error:
        raise RefusedProgram(str(error)) from error
    names = {str(module.source.path): module.source.name for module in plan.resolved.modules}
    flow = flow_of(plan)

    def draw(progress: Progress) -> str:
        counts = {(names.get(file, ""), line): count for (file, line), count in progress.counts.items()}
        return as_svg(flow, counts, frozenset((names.get(file, ""), line) for file, line in progress.now))

    return draw
