"""A typer application: commands, callbacks, options that read files, and its exit code."""

import enum
from pathlib import Path
from typing import Annotated, Optional

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
state = {"folder": Path("notes")}


class Kind(str, enum.Enum):
    text = "txt"
    mark = "md"


def unused(value: str) -> str:
    if (state["folder"] / value).exists():
        raise typer.BadParameter(f"{value} is there already")
    return value


@app.callback()
def common(folder: Annotated[Path, typer.Option(envvar="NOTES")] = Path("notes"), verbose: bool = False):
    folder.mkdir(exist_ok=True)
    state["folder"] = folder
    if verbose:
        typer.echo(f"in {folder}", err=True)


@app.command()
def new(name: Annotated[str, typer.Argument(callback=unused)], kind: Kind = Kind.text, words: Optional[list[str]] = None):
    path = state["folder"] / f"{name}.{kind.value}"
    path.write_text(" ".join(words or ["empty"]))
    typer.secho(f"wrote {path}", fg=typer.colors.GREEN)


@app.command("list")
def list_all(longer_than: Annotated[int, typer.Option(min=0, max=100)] = 0):
    for path in sorted(state["folder"].iterdir()):
        if path.stat().st_size > longer_than:
            typer.echo(f"{path.name}: {path.read_text()}")


@app.command()
def join(files: list[typer.FileText], out: Annotated[typer.FileTextWrite, typer.Option()]):
    out.write("+".join(file.read() for file in files))


@app.command()
def drop(name: str, force: bool = typer.Option(False, "--force", prompt="Really?")):
    if not force:
        raise typer.Abort()
    (state["folder"] / name).unlink()


def call(*arguments):
    try:
        app(list(arguments), prog_name="notes", standalone_mode=True)
    except SystemExit as stop:
        print("exit", stop.code, "of", arguments)


call("--verbose", "new", "one", "--words", "a", "--words", "bc")
call("new", "two", "--kind", "md")
call("list", "--longer-than", "4")
call("list", "--longer-than", "400")
call("join", "notes/one.txt", "notes/two.md", "--out", "both.txt")
call("new", "one.txt")
call("drop", "two.md", "--force")
call("--folder", "other", "list")
print(Path("both.txt").read_text())
app(["drop", "no.txt", "--force"], prog_name="notes")
