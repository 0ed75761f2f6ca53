"""Installs and removes parts with every kind of `with`: managers, stacks, suppression, decorators, redirections."""

import contextlib
import io
import os
import sys
from contextlib import ExitStack, closing, contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress


@contextmanager
def folder(name, *, keep=False):
    os.mkdir(name)
    try:
        yield name
    except LookupError as error:
        with open("failed.txt", "a") as file:
            file.write(f"{name}: {error!r}\n")
    finally:
        if not keep:
            os.rmdir(name)


class Flag(contextlib.ContextDecorator):
    """A file that is there as long as something happens."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        open(self.name, "x").close()
        return self

    def __exit__(self, kind, error, trace):
        os.remove(self.name)
        print("flag down", self.name, kind and kind.__name__)
        return kind is ZeroDivisionError

    def close(self):
        print("closed", self.name)


@Flag("busy")
def work(by):
    return os.path.exists("busy") and 12 / by


print(work(3), work(0), os.path.exists("busy"))
with folder("a"), folder("a/b") as inner, suppress(KeyError):
    print(inner, os.path.isdir(inner))
    raise KeyError("inside")
with folder("outer"):
    with folder("outer/inner"):
        raise IndexError("deep")
    print("went on")

with ExitStack() as stack:
    names = [stack.enter_context(folder(f"part{n}")) for n in range(3)]
    stack.callback(print, "called back", os.listdir("part0"))
    stack.push(lambda kind, error, trace: print("pushed", kind))
    stack.enter_context(closing(Flag("never made")))
    later = ExitStack()
    later.enter_context(folder("late"))
    moved = stack.pop_all()
    print(names, os.path.isdir("part2"))
print("still", sorted(n for n in os.listdir() if os.path.isdir(n)))
moved.close()
later.close()

with open("out.txt", "w") as out, redirect_stdout(out), redirect_stderr(io.StringIO()) as errors:
    print("into the file")
    print("to nowhere", file=sys.stderr)
    os.mkdir("made")
print(repr(open("out.txt").read()), repr(errors.getvalue()), os.path.isdir("made"))
with (
    nullcontext("plain") as text,
    contextlib.chdir("made"),
    open("here.txt", "w") as file,
):
    file.write(text)
    with suppress(FileNotFoundError):
        os.remove("not here")
        print("not printed")
print(os.listdir("made"), open("failed.txt").read().split("\n"))
with Flag("last"):
    raise SystemExit(open("made/here.txt").read())
