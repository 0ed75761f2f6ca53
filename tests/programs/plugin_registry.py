"""A registry of exporters: decorators, class bodies, default arguments and a metaclass that all touch files."""

import json
import os

with open("formats.json", "w") as file:
    json.dump({"csv": ";", "tsv": "\t", "txt": " "}, file)


def registered(path="registry.log"):
    """A decorator that notes in a file what it decorates."""
    with open(path, "a") as log:
        log.write("opened\n")

    def decorate(thing):
        with open(path, "a") as log:
            log.write(f"{thing.__name__}\n")
        return thing

    return decorate


class Exporters(type):
    """Counts its classes on disk and reads their separators while they are made."""

    def __prepare__(name, bases, **options):
        os.makedirs("out", exist_ok=True)
        return {"target": os.path.join("out", name.lower())}

    def __new__(mcs, name, bases, namespace, kind=None):
        with open("formats.json") as formats:
            namespace["separator"] = json.load(formats).get(kind, "?")
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name, bases, namespace, kind=None):
        super().__init__(name, bases, namespace)
        cls.kind = kind

    def __call__(cls, *args):
        made = super().__call__(*args)
        with open("made.txt", "a") as log:
            log.write(cls.__name__ + "\n")
        return made

    def __len__(cls):
        return os.path.getsize(cls.target) if os.path.exists(cls.target) else 0


class Exporter(metaclass=Exporters):
    place = target

    def __init__(self, rows):
        self.rows = rows

    def write(self, name=open("formats.json").read(3)):
        with open(self.target, "w") as out:
            for row in self.rows:
                out.write(self.separator.join(map(str, row)) + "\n")
        return self.kind, name


@registered()
class Csv(Exporter, kind="csv"):
    with open("formats.json") as source:
        size = len(source.read())
    doubled = [n * 2 for n in (size, len(open("formats.json").read()))]

    @registered("methods.log")
    def total(self):
        return sum(row[1] for row in self.rows)


@registered()
class Tsv(Exporter, kind="tsv"):
    pass


rows = [("pear", 3), ("fig", 4)]
for cls in (Csv, Tsv, Exporter):
    print(cls.__name__, repr(cls.separator), cls.place, len(cls), cls(rows).write(), len(cls))
print(Csv.size, Csv.doubled, Csv(rows).total())
for name in ("registry.log", "methods.log", "made.txt", "out/tsv"):
    print(name, open(name).read().split("\n"))
