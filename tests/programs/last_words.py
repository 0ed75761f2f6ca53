"""What happens at the end: atexit in reverse order, finalizers, warnings on stderr, chained errors, an exit code."""

import atexit
import sys
import warnings
import weakref
from pathlib import Path


class Handle:
    def __init__(self, name):
        self.name = name
        weakref.finalize(self, Path("closed.txt").open("a").write, f"{name}\n")


def say(*words):
    print(*words)
    with open("last.txt", "a") as file:
        print(*words, file=file)


@atexit.register
def first_in():
    say("registered first, called last", Path("last.txt").read_text().count("\n"))
    sys.stdout.flush()


atexit.register(say, "second", "words")
dropped = atexit.register(lambda: say("never"))
atexit.unregister(dropped)
kept = Handle("kept")
Handle("dropped")
print(Path("closed.txt").exists())
warnings.warn("this is old", DeprecationWarning, stacklevel=1)
warnings.warn("take care")
warnings.warn("take care")
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        warnings.warn("now an error", FutureWarning)
    except FutureWarning as error:
        print("caught", error)


def hook(kind, error, trace):
    print("hook:", kind.__name__, error, type(error.__cause__).__name__, error.__notes__, file=sys.stderr)
    sys.__excepthook__(kind, error, trace)


sys.excepthook = hook
try:
    Path("nothing").read_text()
except OSError as error:
    problem = RuntimeError("could not go on")
    problem.add_note("but tried")
    raise problem from error
