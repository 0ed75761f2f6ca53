"""The ways a script ends: exit codes and texts, SystemExit caught and raised again, atexit, finalisers, os-level flags."""

import atexit
import os
import subprocess
import sys
import weakref
from pathlib import Path


class Scratch:
    def __init__(self, name):
        self.path = Path(name)
        self.path.mkdir()
        self.finalizer = weakref.finalize(self, self.remove, self.path)

    @staticmethod
    def remove(path):
        print("removing", path)
        path.rmdir()


@atexit.register
def goodbye():
    Path("goodbye.txt").write_text("bye")
    print("goodbye")


def stop(value):
    try:
        sys.exit(value)
    except SystemExit as end:
        return end.code
    finally:
        print("finally", value)


def never():
    print("never said")


atexit.register(never)
atexit.unregister(never)
atexit.register(print, "first registered, last but one", file=sys.stderr)
print([stop(value) for value in (None, 0, 3, "text", (1, 2), True)])
first, second = Scratch("one"), Scratch("two")
del first
print(second.finalizer.alive, Path("one").exists())
for code in "import sys; sys.exit(7)", "import sys; sys.exit('words')", "raise SystemExit", "1 / 0", "import os; os.abort":
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    print(done.returncode, done.stderr.strip().splitlines()[-1:])
try:
    exit(5)
except SystemExit as end:
    print("exit", end.code)


def last():
    try:
        raise ValueError("inner")
    except ValueError:
        sys.exit(f"{os.path.basename(__file__)}: giving up")


if __name__ == "__main__":
    with open("unfinished.txt", "w") as file:
        file.write("half")
        last()
