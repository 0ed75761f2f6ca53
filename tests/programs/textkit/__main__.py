"""Words of a text without the common ones, counted and compared: `python -m textkit`, data files inside the package."""

import sys

from textkit import COMMANDS, __version__

from .texts import read


def main(argv):
    match argv:
        case ["--version"]:
            print(__spec__.name, __version__)
        case [name, *paths] if name in COMMANDS:
            result = COMMANDS[name](*map(read, paths or ["-"]))
            print(name, result)
            return 0 if result else 1
        case _:
            print("usage: textkit", "|".join(sorted(COMMANDS)), "FILE...", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    with open("sample.txt", "w") as file:
        file.write("The cat and the dog and the bird.\n")
    for line in ("--version", "count sample.txt", "longest sample.txt", "shared sample.txt sample.txt", "nonsense"):
        print(main(line.split()), sorted(COMMANDS)[0])
    sys.exit(main(sys.argv[1:]))
