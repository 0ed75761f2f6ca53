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

    \b
    Example: durable report june
    Example: durable report --format markdown -o - june
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose("", Cluster(address, namespace, profile))
    finish(lambda: _report(run, output, format, cluster))


def _report(run: str, output: str, format: str, cluster: Cluster | None) -> int:
    from durable.runner.errors import UsageError
    from durable.runner.reporting.facts import gather
    from durable.runner.reporting.sources import sources_of
    from durable.runner.reporting.writing import as_html, as_markdown

    kind = format or ("markdown" if output.endswith((".md", ".markdown")) else "html")
    writers = {"html": (as_html, ".html"), "markdown": (as_markdown, ".md")}
    if kind not in writers:
        raise UsageError(f"there is no format {kind!r}: it is html or markdown")
    write, ending = writers[kind]
    text = write(gather(sources_of(run, cluster))).rstrip()
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
