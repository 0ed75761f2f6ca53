"""A cellar book whose author promised too much: comments call harmless what makes and changes files, in loops and callbacks."""

import functools
import posix
import time
from pathlib import Path


def shelf(name):
    if len(name) > 3:  # short names have no card of their own
        posix.truncate(name, 4)  # durable: pure
    return name.upper()


def label(shelves, name):
    path = f"{name}.label"
    Path(path).write_text(name)
    posix.utime(path, (len(shelves), 0))  # durable: pure
    return [*shelves, path]


class Rack:
    def __init__(self, name):
        self.name = name

    @property
    def size(self):
        return len(posix.listdir(self.name))  # durable: pure

    def __lt__(self, other):
        return (self.size, self.name) < (other.size, other.name)

    def lock(self):
        posix.chmod(self.name, 0o500)  # durable: pure
        return self


def main():
    started = time.time()
    names = ["red", "white", "rosé", "sparkling"]
    for name in names:
        Path(name).write_text("a card for " + name)
    print([shelf(name) for name in names], [Path(name).read_text() for name in names])
    print(functools.reduce(label, names, []), [path.stat().st_atime for path in sorted(Path(".").glob("*.label"))])
    for number, name in enumerate(["north", "north", "south", "west"]):
        Path(f"{name}.rack").mkdir(exist_ok=True)
        Path(f"{name}.rack", f"bottle{number}").write_text(f"{number}")
    racks = sorted(Rack(f"{name}.rack") for name in ("north", "south", "west"))
    print([(rack.name, rack.size) for rack in racks], time.time() >= started)
    print(oct(Path(racks[0].lock().name).stat().st_mode), Path(racks[0].name).chmod(0o700))
    try:
        shelf("nowhere")
    except FileNotFoundError as error:
        print("there is none:", error.filename)


main()
