"""Lines, words and letters of files: a tool in a namespace package, run with `python -m tools.counting`."""

import argparse
import sys

import tools

from . import measures
from .measures import LETTERS

parser = argparse.ArgumentParser(prog=__package__)
parser.add_argument("--by", choices=sorted(measures.ALL), default="lines")
parser.add_argument("words", nargs="*")


def main():
    options = parser.parse_args()
    for index, word in enumerate(options.words):
        with open(f"{index}.txt", "w") as file:
            file.write(word.replace("/", "\n"))
    measure = measures.ALL[options.by]
    for index in range(len(options.words)):
        print(index, measure(f"{index}.txt"), {name: each(f"{index}.txt") for name, each in measures.ALL.items()})
    print(type(tools.__path__).__name__, __name__, __package__, LETTERS, hasattr(tools, "__file__") and tools.__file__)
    print(sys.argv[0].endswith("__main__.py"), [name for name in sorted(sys.modules) if name.split(".")[0] == "tools"])
    return len(options.words)


if __name__ == "__main__":
    sys.exit(main())
