"""Conway's game of life, a generation a file: sets, star expressions, augmented assignments, slices, while/else."""

import itertools
import pathlib
import sys

GLIDER = """\
.#...
..#..
###..
.....
.....
"""


def read(path):
    first, *rest = path.read_text().splitlines()
    height, width = 1 + len(rest), len(first)
    cells = {(y, x) for y, line in enumerate([first, *rest]) for x, mark in enumerate(line) if mark == "#"}
    return height, width, cells


def neighbours(cell, height, width):
    y, x = cell
    for dy, dx in itertools.product((-1, 0, 1), repeat=2):
        if dy or dx:
            yield (y + dy) % height, (x + dx) % width


def step(height, width, cells):
    counts = {}
    for cell in itertools.chain.from_iterable(neighbours(cell, height, width) for cell in cells):
        counts[cell] = counts.get(cell, 0) + 1
    return {cell for cell, count in counts.items() if count == 3 or count == 2 and cell in cells}


def write(path, height, width, cells):
    rows = ("".join(".#"[(y, x) in cells] for x in range(width)) for y in range(height))
    path.write_text("\n".join(rows) + "\n")


def main(folder="generations", limit=30):
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    current = folder / "000.txt"
    current.write_text(GLIDER)
    seen = {}
    number = 0
    while number < limit:
        height, width, cells = read(current)
        key = frozenset(cells)
        if key in seen:
            print(f"generation {number} is generation {seen[key]} again")
            break
        seen[key] = number
        number += 1
        current = folder / f"{number:03}.txt"
        write(current, height, width, step(height, width, cells))
    else:
        print("no repetition in", limit)
    files = sorted(folder.iterdir())
    *others, last = files
    print(len(files), last.name, last.read_text() == files[0].read_text())
    del others[5:]
    population = 0
    for path in others:
        population += path.read_text().count("#")
    print("population", population)
    for path in files[1::2]:
        path.unlink()
    print(*(path.name for path in sorted(folder.glob("0?[02].txt"))))


main(*sys.argv[1:2])
