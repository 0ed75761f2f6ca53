"""The command ui."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from durable.runner.cli.app import Address, Namespace, Profile, app, finish, say

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

_NEEDED = ("starlette", "uvicorn", "anyio", "h11")


@app.command()
def ui(
    port: Annotated[int, typer.Option("--port", help="Port of the page (0: a free one).", min=0, max=65535)] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address, open no browser.")] = False,
    engine: Annotated[str, typer.Option("--engine", help="local or temporal.")] = "",
    address: Address = "",
    namespace: Namespace = "",
    profile: Profile = "",
) -> None:
    """Show the runs in a browser: what they did and wait for, their output and graph; answer, signal, cancel.

    Served to this machine only, to who has the token in the address that is printed, until Ctrl-C.

    \b
    Examples: durable ui
              durable ui --port 8321 --no-open
              durable ui --engine temporal --address 127.0.0.1:7233
    """
    from durable.runner.cli.engines import Cluster, choose

    cluster = choose(engine, Cluster(address, namespace, profile))
    finish(lambda: _ui(port, not no_open, cluster))


def _ui(port: int, is_opened: bool, cluster: Cluster | None) -> int:
    from durable.runner.errors import UsageError

    try:
        from durable.runner.ui.serving import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        raise UsageError(f"{error.name} is not installed: pip install 'durable[ui]'") from error
    say("the pages are for this machine only; Ctrl-C ends them")
    return serve(cluster, port, is_opened)
