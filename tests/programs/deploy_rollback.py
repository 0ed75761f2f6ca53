"""Deploys a site with an ExitStack: callbacks undo what was done, pop_all keeps it, nested managers, closing, chdir."""

import contextlib
import io
import os
import shutil
import sys
from pathlib import Path


class Step(contextlib.AbstractContextManager):
    def __init__(self, name, fails=False):
        self.name, self.fails = name, fails

    def __enter__(self):
        Path("journal.txt").open("a").write(f"begin {self.name}\n")
        if self.fails:
            raise PermissionError(13, "not allowed", self.name)
        return self

    def __exit__(self, kind, error, traceback):
        with open("journal.txt", "a") as file:
            print("end", self.name, kind and kind.__name__, file=file)
        return self.name == "tolerant" and kind is ZeroDivisionError


@contextlib.contextmanager
def staged(target):
    stage = f"{target}.new"
    shutil.copytree("site", stage)
    try:
        yield Path(stage)
    except BaseException:
        shutil.rmtree(stage)
        raise
    else:
        if os.path.exists(target):
            shutil.rmtree(target)
        os.rename(stage, target)


def deploy(version, fails=()):
    with contextlib.ExitStack() as stack:
        stack.callback(print, "released", version)
        stack.push(lambda kind, error, traceback: print("saw", kind and kind.__name__))
        for name in "lock", "upload", "switch":
            stack.enter_context(Step(name, fails=name in fails))
        stage = stack.enter_context(staged("live"))
        (stage / "version").write_text(version)
        (stage / "index.html").write_text((stage / "index.html").read_text().replace("VERSION", version))
        if "late" in fails:
            raise RuntimeError("late")
        keep = stack.pop_all()
    keep.close()
    return Path("live/version").read_text()


Path("site").mkdir()
Path("site/index.html").write_text("<p>VERSION")
for version, fails in ("1", ()), ("2", ("upload",)), ("3", ("late",)), ("4", ()):
    try:
        print(deploy(version, fails))
    except (OSError, RuntimeError) as error:
        print("failed:", error, sorted(os.listdir()))
print(Path("live/index.html").read_text())
with Step("tolerant"), contextlib.suppress(KeyError):
    print(1 / (os.stat("site").st_size - os.stat("site").st_size))
with contextlib.chdir("live"), contextlib.redirect_stdout(io.StringIO()) as heard:
    print(sorted(os.listdir()), Path.cwd().name)
print(heard.getvalue().strip(), Path("journal.txt").read_text().split("\n")[-4:], file=sys.stderr)
with contextlib.closing(open("journal.txt")) as journal, contextlib.nullcontext(3) as three:
    print(len(journal.readlines()), three)
print(journal.closed)


class Timer(contextlib.ContextDecorator):
    def __enter__(self):
        Path("timer").touch()

    def __exit__(self, *details):
        Path("timer").unlink()


@Timer()
def busy():
    return os.path.exists("timer")


print(busy(), os.path.exists("timer"))
