"""Leaves files open and asks to be told: warnings come where a file is dropped, on the line that dropped it."""

import warnings
from pathlib import Path

warnings.simplefilter("always")


def first_line(name):
    return open(name).readline().strip()


def count(name):
    file = open(name, "rb")
    return len(file.read())


def parse():
    for line in Path("lines.txt").open():
        yield int(line)


Path("lines.txt").write_text("1\n2\nx\n")
print(first_line("lines.txt"), count("lines.txt"))
open("kept.txt", "a").write("appended\n")
raw = open("lines.txt", "rb", buffering=0)
print(raw.read(2))
raw = None
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    print(first_line("kept.txt"))
numbers = []
try:
    for number in parse():
        numbers.append(number)
except ValueError as error:
    print(numbers, error)
print(Path("kept.txt").read_text().split())
