"""A backup tool with click: chained commands that hand on a pipeline, lazy groups, contexts that clean up, exit codes."""

import sys
from pathlib import Path

import click


class Plugins(click.Group):
    """Commands that are written in files beside the data, loaded when they are asked for."""

    def list_commands(self, ctx):
        return sorted([*super().list_commands(ctx), *(path.stem for path in Path("plugins").glob("*.py"))])

    def get_command(self, ctx, name):
        path = Path("plugins", f"{name}.py")
        if not path.exists():
            return super().get_command(ctx, name)
        names = {}
        exec(compile(path.read_text(), str(path), "exec"), names)
        return names["command"]


class Lock:
    def __init__(self, path):
        self.path = Path(path)

    def __enter__(self):
        self.path.touch(exist_ok=False)
        return self

    def __exit__(self, *exc):
        self.path.unlink()
        with open("locks", "a") as file:
            file.write("released\n")


@click.group(cls=Plugins, chain=True)
@click.option("--root", type=click.Path(exists=True, file_okay=False, path_type=Path), default="data")
@click.version_option("1.2", prog_name="backup")
@click.pass_context
def backup(ctx, root):
    ctx.ensure_object(dict)["lock"] = ctx.with_resource(Lock("lock"))
    ctx.obj["root"] = root
    ctx.call_on_close(lambda: Path("closed").write_text(ctx.info_name))


@backup.command()
@click.option("-p", "--pattern", multiple=True, default=["*.txt"])
@click.pass_obj
def find(obj, pattern):
    def pick(files):
        return sorted({path for each in pattern for path in obj["root"].glob(each)})

    return pick


@backup.command()
@click.argument("target", type=click.Path(path_type=Path))
def to(target):
    def copy(files):
        target.mkdir(exist_ok=True)
        for path in files:
            (target / path.name).write_bytes(path.read_bytes())
            yield target / path.name

    return copy


@backup.command()
@click.option("--limit", type=click.IntRange(0, 99, clamp=True), default=10)
def check(limit):
    def sizes(files):
        for path in files:
            size = path.stat().st_size
            click.echo(f"{path.as_posix()} {size}{' !' if size > limit else ''}", err=size > limit)
            yield path

    return sizes


@backup.result_callback()
def run(steps, root):
    files = []
    for step in steps:
        files = step(files)
    click.echo(f"{len(list(files))} files of {root}")


def call(*args):
    try:
        backup.main(args, prog_name="backup")
    except SystemExit as end:
        print(args, "->", end.code, Path("lock").exists(), file=sys.stdout)


def main():
    Path("data").mkdir()
    Path("plugins").mkdir()
    for name, text in {"a.txt": "short", "b.txt": "quite a long text", "c.md": "# c"}.items():
        Path("data", name).write_text(text)
    Path("plugins/drop.py").write_text(
        "import click, pathlib\n@click.command()\ndef command():\n"
        "    return lambda files: [path for path in files if 'long' not in pathlib.Path(path).read_text()]\n"
    )
    call("find", "check", "to", "out", "check", "--limit", "500")
    call("find", "-p", "*.md", "-p", "a.*", "to", "more")
    call("find", "drop", "to", "few")
    call("--root", "nowhere", "find")
    call("--version")
    call("unknown")
    print(sorted(path.as_posix() for path in Path(".").glob("*/*.*")), Path("locks").read_text().split(), Path("closed").read_text())


main()
