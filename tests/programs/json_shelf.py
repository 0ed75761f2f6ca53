"""JSON and CSV with hooks that read and write files: object_hook, default, custom encoders, dialects, lazy rows."""

import csv
import io
import json
import os
from decimal import Decimal
from pathlib import Path


class Blob:
    def __init__(self, name):
        self.name = name


class Encoder(json.JSONEncoder):
    def default(self, thing):
        if isinstance(thing, Blob):
            Path(thing.name).write_text("blob of " + thing.name)
            return {"$file": thing.name}
        if isinstance(thing, os.PathLike):
            return os.fspath(thing)
        return super().default(thing)


def revive(thing):
    if "$file" in thing:
        return Path(thing["$file"]).read_text()
    return thing


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        with open("duplicates.txt", "a") as file:
            file.write(" ".join(names) + "\n")
    return dict(pairs)


text = json.dumps({"one": Blob("b1"), "list": [Blob("b2"), Path("x/y")]}, cls=Encoder, sort_keys=True)
print(text, json.loads(text, object_hook=revive))
print(json.loads('{"a": 1, "a": 2.50, "b": {"c": NaN}}', object_pairs_hook=unique, parse_float=Decimal, parse_constant=len))
try:
    json.dumps({"bad": {1, 2}}, cls=Encoder)
except TypeError as error:
    print(error)

with open("rows.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, ["name", "size"], extrasaction="ignore", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows({"name": n, "size": os.path.getsize(n), "more": 1} for n in ("b1", "b2", "duplicates.txt"))


def lines(name):
    """Lines of a file, each noted as it is taken."""
    with open(name, newline="") as file:
        for number, line in enumerate(file):
            Path("taken.txt").write_text(str(number))
            yield line


rows = csv.DictReader(lines("rows.csv"), quoting=csv.QUOTE_NONNUMERIC)
print(next(rows), Path("taken.txt").read_text(), rows.line_num)
print([row["size"] for row in rows], Path("taken.txt").read_text())


class Sink:
    def write(self, text):
        with open("sink.txt", "ab") as file:
            return file.write(text.encode("utf-16-le"))


csv.register_dialect("pipes", delimiter="|", lineterminator="\n", quotechar="'")
csv.writer(Sink(), "pipes").writerows([["a|b", "it's"], [None, 3.5]])
print(Path("sink.txt").read_text("utf-16-le"), csv.Sniffer().sniff(Path("rows.csv").read_text()).delimiter)
print([json.loads(line) for line in io.StringIO('{"n": 1}\n[2]\n')])
