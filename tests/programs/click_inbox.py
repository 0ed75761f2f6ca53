"""An inbox on the command line with click: its commands are driven through CliRunner, with prompts and confirmations."""

import contextlib
import time
from pathlib import Path

import click
from click.testing import CliRunner

BOX = Path("inbox")


class Folder(click.ParamType):
    """A folder of the inbox, which is made when it is named."""

    name = "folder"

    def convert(self, value, param, ctx):
        path = BOX / value
        if "/" in value:
            self.fail(f"{value!r} is no folder's name", param, ctx)
        path.mkdir(parents=True, exist_ok=True)
        return path


def remember(ctx, param, value):
    """Notes in a log which options were used."""
    if value:
        with open("used.log", "a") as log:
            log.write(f"{ctx.command.name} {param.name}={value}\n")
    return value


@click.group(invoke_without_command=True)
@click.option("--user", envvar="INBOX_USER", default=lambda: Path("user").read_text().strip(), callback=remember)
@click.pass_context
def cli(ctx, user):
    ctx.obj = {"user": user, "since": time.time()}
    if ctx.invoked_subcommand is None:
        click.echo(f"{user} has {sum(1 for _ in BOX.rglob('*.txt'))} letters")


@cli.command()
@click.argument("folder", type=Folder())
@click.option("--subject", prompt=True)
@click.option("--text", prompt="Your text", default="(empty)", show_default=True)
@click.pass_obj
def write(obj, folder, subject, text):
    """Write a letter."""
    path = folder / f"{subject}.txt"
    if path.exists():
        click.confirm(f"{subject} is there, replace it?", abort=True)
    path.write_text(f"From: {obj['user']}\n{text}\n")
    click.secho(f"kept {path.name}", fg="green")


@cli.command("list")
@click.argument("folder", type=Folder())
@click.option("--long/--short", default=False, callback=remember)
def listing(folder, long):
    for path in sorted(folder.iterdir()):
        click.echo(f"{path.stem} {path.stat().st_size}" if long else path.stem)


@cli.command()
@click.argument("source", type=click.File("r"))
@click.argument("target", type=click.File("w", lazy=True))
def copy(source, target):
    with click.progressbar(source.readlines(), length=2, file=open("progress", "w")) as lines:
        for line in lines:
            time.sleep(0.005)
            target.write(line.upper())


@cli.result_callback()
def finished(result, user):
    Path("last").write_text(f"{user} {result}")


def show(runner, *args, **given):
    done = runner.invoke(cli, args, **given)
    print(args, done.exit_code, repr(done.output), type(done.exception).__name__ if done.exception else "")


def main():
    Path("user").write_text("ann\n")
    runner = CliRunner()
    show(runner, "write", "work", "--subject", "plan", input="the plan\n")
    show(runner, "write", "work", input="idea\n\n")
    show(runner, "write", "work", "--subject", "plan", "--text", "new", input="n\n")
    show(runner, "write", "work", "--subject", "plan", "--text", "new", input="y\n")
    show(runner, "--user", "bob", "list", "work", "--long")
    show(runner, "list", "a/b")
    show(runner, "copy", "inbox/work/plan.txt", "copied.txt")
    show(runner, "copy", "inbox/none", "-")
    show(runner, env={"INBOX_USER": "eve"})
    Path("elsewhere").mkdir()
    with contextlib.chdir("elsewhere"):
        Path("user").write_text("kim")
        show(runner, "write", "home", "--subject", "x", "--text", "y")
        print(sorted(str(path) for path in Path(".").rglob("*.txt")))
    print(Path("used.log").read_text(), Path("last").read_text(), Path("copied.txt").read_text())
    cli(["list", "work"], standalone_mode=False)


main()
