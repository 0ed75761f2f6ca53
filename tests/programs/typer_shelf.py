"""A book shelf with typer: sub-applications, enums and paths, callbacks, environment, called by real arguments."""

import json
import os
from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
loans = typer.Typer(help="Lend and take back.")
app.add_typer(loans, name="loan")
SHELF = Path("shelf.json")


class Kind(str, Enum):
    novel = "novel"
    poems = "poems"


def books():
    return json.loads(SHELF.read_text()) if SHELF.is_file() else {}


def save(shelf):
    SHELF.write_text(json.dumps(shelf, sort_keys=True))


def known(title: str) -> str:
    if title not in books():
        raise typer.BadParameter(f"no book {title}; there are {', '.join(sorted(books()))}")
    return title


@app.callback()
def common(context: typer.Context, verbose: Annotated[int, typer.Option("-v", count=True)] = 0):
    """A shelf of books."""
    context.obj = verbose
    if verbose > 1:
        typer.echo(f"shelf holds {len(books())}", err=True)


@app.command()
def add(
    title: str,
    kind: Annotated[Kind, typer.Option(envvar="SHELF_KIND")] = Kind.novel,
    text: Annotated[Optional[Path], typer.Option(exists=True, dir_okay=False, readable=True)] = None,
    tags: Annotated[Optional[list[str]], typer.Option("--tag")] = None,
):
    """Put a book on the shelf."""
    shelf = books()
    shelf[title] = {"kind": kind.value, "words": len(text.read_text().split()) if text else 0, "tags": tags or []}
    save(shelf)
    typer.secho(f"{title} ({kind.value})", bold=True)


@loans.command("out")
def lend(title: Annotated[str, typer.Argument(callback=known)], to: str = typer.Option(..., prompt="To whom")):
    shelf = books()
    shelf[title]["lent"] = to
    save(shelf)
    print(f"{title} is with {to}")


@loans.command("back")
def take_back(context: typer.Context, title: Annotated[str, typer.Argument(callback=known)]):
    shelf = books()
    if "lent" not in shelf[title]:
        typer.echo("it is here", err=True)
        raise typer.Exit(3)
    del shelf[title]["lent"]
    save(shelf)
    print("thanks", context.obj)


@app.command(name="list")
def show(kind: Optional[Kind] = None, lent: bool = typer.Option(False, "--lent/--here")):
    for title, book in sorted(books().items()):
        if kind in (None, Kind(book["kind"])) and lent == ("lent" in book):
            print(f"{title:<12}{book['kind']:<7}{book['words']:>3} {'/'.join(book['tags'])}")


def shell(line):
    try:
        app(line.split(), standalone_mode=True)
    except SystemExit as stop:
        print(f"[{stop.code}]")


if __name__ == "__main__":
    Path("poem.txt").write_text("so much depends upon\n")
    os.environ["SHELF_KIND"] = "poems"
    shell("add Wheelbarrow --text poem.txt --tag red --tag short")
    del os.environ["SHELF_KIND"]
    shell("add Ulysses")
    shell("loan out Ulysses")
    shell("-vv loan back Ulysses")
    shell("loan back Ulysses")
    shell("list --kind poems")
    for wrong in ("add Emma --kind essay", "loan out Emma --to Bo", "add X --text none.txt", "lend"):
        try:
            app(wrong.split(), standalone_mode=False)
        except Exception as error:
            print(type(error).__name__, getattr(error, "exit_code", None), str(error)[:60])
    app()
