"""Effects that no compiler sees: handlers in a table, getattr, callbacks, a partial."""

import functools
import os
import pathlib
import shutil

HANDLERS = {"make": os.mkdir, "drop": os.rmdir}


def apply(action: str, name: str) -> None:
    HANDLERS[action](name)
    print(action, name)


apply("make", "x")
getattr(os, "mkdir")("y")
touch = functools.partial(pathlib.Path.touch, exist_ok=False)
touch(pathlib.Path("z.txt"))
sizes = sorted(["x", "y", "z.txt"], key=lambda name: (os.path.isdir(name), name))
print(sizes)
print(list(map(os.path.exists, ["x", "nope"])))
shutil.copy("z.txt", "x/z.txt")
apply("drop", "y")
print([p.name for p in sorted(pathlib.Path(".").glob("x/*"))])
