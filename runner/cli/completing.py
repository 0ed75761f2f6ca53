"""The command completion."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from durable.runner.cli.app import app, finish


@app.command()
def completion(
    shell: Annotated[str, typer.Argument(help="bash, zsh, fish or pwsh.")],
) -> None:
    """Print what lets a shell complete durable's commands, options and the ids of runs.

    \b
    Example: durable completion bash > ~/.local/share/bash-completion/completions/durable
    Example: durable completion zsh > ~/.zfunc/_durable
    """
    finish(lambda: _completion(shell))


def _completion(shell: str) -> int:
    import typer.completion

    from durable.runner.errors import UsageError

    if shell not in ("bash", "zsh", "fish", "pwsh"):
        raise UsageError(f"no completion for {shell!r}: there is bash, zsh, fish and pwsh")
    shells: Any = typer.completion
    print(shells.get_completion_script(prog_name="durable", complete_var="_DURABLE_COMPLETE", shell=shell))
    return 0
