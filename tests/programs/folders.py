"""Makes, lists and removes folders; one step fails and is handled."""

import os
import sys


def main() -> int:
    for name in ("a", "b", "c"):
        os.mkdir(name)
        print("made", name)
    try:
        os.mkdir("b")
    except FileExistsError as error:
        print("already there:", error.filename, error.errno)
    os.rename("c", "d")
    print(sorted(entry for entry in os.listdir(".") if len(entry) == 1))
    os.rmdir("a")
    return 3


if __name__ == "__main__":
    sys.exit(main())
