"""A garage's desk with typer: nested applications, prompts, progress, autocompleted names, and CliRunner calls."""

import json
import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer
from typer.testing import CliRunner

BOOK = Path("garage.json")


class Kind(str, Enum):
    car = "car"
    bike = "bike"


def load():
    return json.loads(BOOK.read_text()) if BOOK.exists() else {}


def save(book):
    BOOK.write_text(json.dumps(book, sort_keys=True))


def known(name: str) -> str:
    """Callback of a parameter: the name must stand in the book."""
    if name not in load():
        raise typer.BadParameter(f"{name} is not here")
    return name


def next_number() -> int:
    Path("numbers").open("a").write(".")
    return Path("numbers").stat().st_size


app = typer.Typer(no_args_is_help=False, add_completion=False)
bills = typer.Typer()
app.add_typer(bills, name="bill")


@app.callback()
def prepare(ctx: typer.Context, verbose: Annotated[int, typer.Option("--verbose", "-v", count=True)] = 0):
    ctx.obj = verbose
    with open("calls", "a") as log:
        log.write(f"{ctx.invoked_subcommand} {verbose}\n")


@app.command()
def arrive(
    name: str,
    kind: Annotated[Kind, typer.Option(prompt=True)],
    number: Annotated[int, typer.Option(default_factory=next_number)],
    key: Annotated[Optional[Path], typer.Option(exists=True, readable=True)] = None,
):
    """Take a vehicle in."""
    book = load()
    book[name] = {"kind": kind.value, "number": number, "key": key.read_text() if key else "", "work": []}
    save(book)
    typer.secho(f"{name} is number {number}", bold=True)


@app.command()
def work(ctx: typer.Context, name: Annotated[str, typer.Argument(callback=known)], jobs: list[str]):
    book = load()
    with typer.progressbar(jobs, label="working", file=open("progress", "w")) as bar:
        for job in bar:
            time.sleep(0.005)
            book[name]["work"].append(job)
            save(book)
    typer.echo(f"{len(jobs)} jobs" + "!" * ctx.obj)


@bills.command("write")
def write_bill(name: Annotated[str, typer.Argument(callback=known)], hours: float = 1.5):
    book = load()
    with open(f"{name}.bill", "w") as file:
        file.write(f"{len(book[name]['work']) * hours:.2f}\n")


@bills.command()
def send(name: str):
    if not Path(f"{name}.bill").exists():
        typer.echo("no bill", err=True)
        raise typer.Exit(4)
    if not typer.confirm("Send it?"):
        raise typer.Abort()
    Path(f"{name}.bill").rename(f"{name}.sent")


def main():
    runner = CliRunner()
    Path("red.key").write_text("R-7")
    for args, given in [
        (["arrive", "red", "--kind", "car", "--key", "red.key"], None),
        (["arrive", "blue"], "boat\nbike\n"),
        (["-vv", "work", "red", "oil", "brakes"], None),
        (["work", "green", "oil"], None),
        (["bill", "send", "red"], None),
        (["bill", "write", "red", "--hours", "2"], None),
        (["bill", "send", "red"], "n\n"),
        (["bill", "send", "red"], "y\n"),
        (["bill", "write"], None),
    ]:
        done = runner.invoke(app, args, input=given)
        print(" ".join(args), done.exit_code, repr(done.stdout) if done.exit_code != 2 else "")
    print(json.dumps(load()), Path("calls").read_text().split("\n"), Path("red.sent").read_text())


main()
