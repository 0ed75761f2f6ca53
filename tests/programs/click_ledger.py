"""A ledger with click: groups and chains, files and paths as types, prompts answered from a pipe, callbacks, errors."""

import json
import sys
from pathlib import Path

import click


class Account(click.ParamType):
    name = "account"

    def convert(self, value, param, ctx):
        if not Path("accounts", f"{value}.json").exists():
            self.fail(f"there is no account {value!r}", param, ctx)
        return value


def load(name):
    return json.loads(Path("accounts", f"{name}.json").read_text())


def store(name, entries):
    with click.open_file(f"accounts/{name}.json", "w", atomic=True) as file:
        json.dump(entries, file)


def shout(ctx, param, value):
    if value and not ctx.resilient_parsing:
        click.echo(f"{param.name} is {value}", err=True)
    return value


@click.group(invoke_without_command=True)
@click.option("--home", type=click.Path(file_okay=False), default="accounts", callback=shout, is_eager=True)
@click.version_option("1.2", prog_name="ledger")
@click.pass_context
def cli(ctx, home):
    """Keeps accounts in files."""
    Path(home).mkdir(exist_ok=True)
    ctx.obj = {"home": home}
    if ctx.invoked_subcommand is None:
        click.echo(sorted(path.stem for path in Path(home).iterdir()))


@cli.command()
@click.argument("name")
@click.option("--start", type=click.IntRange(0, 1000), prompt="Start with")
@click.option("--force", is_flag=True)
def open(name, start, force):
    """Open an account."""
    if Path("accounts", f"{name}.json").exists() and not force:
        click.confirm(f"{name} is there. Start anew?", abort=True)
    store(name, [start])
    click.secho(f"opened {name} with {start}", fg="green")


@cli.command()
@click.argument("source", type=Account())
@click.argument("target", type=Account())
@click.argument("amount", type=click.FLOAT)
@click.option("--note", type=click.File("a"), default="-")
def move(source, target, amount, note):
    """Move money."""
    if sum(load(source)) < amount:
        raise click.ClickException(f"{source} has only {sum(load(source))}")
    store(source, [*load(source), -amount])
    store(target, [*load(target), amount])
    note.write(f"{source} -> {target}: {amount}\n")


@cli.result_callback()
@click.pass_obj
def done(obj, result, **options):
    with Path("calls.log").open("a") as file:
        print(obj["home"], result, file=file)


def call(*words):
    try:
        cli.main(list(words), prog_name="ledger", standalone_mode=True)
    except SystemExit as stop:
        return stop.code


print(call("open", "cash"))
print(call("open", "bank", "--start", "500"))
print(call("open", "bank"))
print(call("open", "bank", "--start", "1"))
print(call("move", "bank", "cash", "120", "--note", "notes.txt"))
print(call("move", "bank", "cash", "9000"))
print(call("move", "bank", "safe", "1"))
print(call("--home", "accounts"), call("--version"), call("nonsense"), call("open", "--help"))
print(Path("calls.log").read_text(), Path("notes.txt").read_text(), load("cash"), load("bank"))
with click.progressbar(sorted(Path("accounts").iterdir()), label="checking") as paths:
    total = sum(sum(json.loads(path.read_text())) for path in paths)
click.echo(f"in all {total}")
sys.exit(cli(["move", "cash", "bank", "1e9"]))
