"""Uses what libraries return: generators over the file system, a sorted key that reads files, a lambda of a library."""

import csv
import functools
import operator
import os
import string
from pathlib import Path

for name, text in {"b/two.csv": "n,v\n1,5\n2,7\n", "a/one.csv": "n,v\n3,11\n", "c/skip/x.csv": "n,v\n9,9\n"}.items():
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)

found = []
for folder, folders, files in os.walk("."):
    folders[:] = sorted(name for name in folders if name != "skip" and not name.startswith("."))
    found += [os.path.join(folder, name) for name in sorted(files) if name.endswith(".csv")]
print(found)

by_size = sorted(found, key=lambda path: os.stat(path).st_size, reverse=True)
print(by_size)


def total(path):
    with open(path, newline="") as file:
        return sum(map(operator.itemgetter("v"), ({**row, "v": int(row["v"])} for row in csv.DictReader(file))))


template = string.Template("$path holds $total")
for path in by_size:
    print(template.substitute(path=path, total=total(path)))
print(functools.reduce(lambda so_far, path: so_far + total(path), found, 0))
with os.scandir("a") as entries:
    print([(entry.name, entry.is_file()) for entry in entries])
