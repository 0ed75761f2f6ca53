"""Containers over a folder: MutableMapping, Sequence, abstract classes, protocols and generic types."""

import abc
import collections
import collections.abc
import os
import typing
from pathlib import Path


class Folder(collections.abc.MutableMapping):
    def __init__(self, path):
        self.path = Path(path)
        self.path.mkdir()

    def __getitem__(self, name):
        try:
            return (self.path / name).read_text()
        except FileNotFoundError:
            raise KeyError(name) from None

    def __setitem__(self, name, text):
        (self.path / name).write_text(text)

    def __delitem__(self, name):
        (self.path / name).unlink()

    def __iter__(self):
        return iter(sorted(os.listdir(self.path)))

    def __len__(self):
        return len(os.listdir(self.path))


class Lines(collections.abc.Sequence):
    def __init__(self, path):
        self.path = path

    def __getitem__(self, index):
        with open(self.path) as file:
            return file.read().splitlines()[index]

    def __len__(self):
        with open(self.path) as file:
            return sum(1 for _ in file)


@typing.runtime_checkable
class Stored(typing.Protocol):
    path: Path

    def __len__(self) -> int: ...


class Store(abc.ABC):
    kinds: dict = {}

    def __init_subclass__(cls, /, kind, **kwargs):
        super().__init_subclass__(**kwargs)
        Path("kinds").mkdir(exist_ok=True)
        (Path("kinds") / kind).touch()
        cls.kinds[kind] = cls

    @property
    @abc.abstractmethod
    def size(self): ...

    @classmethod
    def made(cls):
        return sorted(os.listdir("kinds"))


class Disk(Store, kind="disk"):
    @property
    def size(self):
        return sum(entry.stat().st_size for entry in os.scandir("box"))


box = Folder("box")
box.update(one="1", two="22")
box.setdefault("three", "333")
print(dict(box), len(box), "two" in box, box.get("four", "-"), box.pop("one"), list(box.items()))
print(box == {"two": "22", "three": "333"}, sorted(box.values()), box.popitem()[0], box.keys() & {"two"})
both = collections.ChainMap(box, {"two": "hidden", "more": "m"})
both["new"] = "n"
print(both["new"], both["more"], sorted(both), isinstance(box, Stored), isinstance({}, Stored))
Path("lines").write_text("c\na\nb\n")
lines = Lines("lines")
print(list(lines), list(reversed(lines)), lines.index("b"), lines.count("a"), "z" in lines, lines[1:], sorted(lines))
first, *rest = lines
print(first, rest, Store.made(), Disk().size, [*map(Store.kinds.get, ("disk", "tape"))][1])
try:
    Store()
except TypeError as error:
    print("abstract:", "size" in str(error))
try:
    box["missing"]
except KeyError as error:
    print(error, error.__suppress_context__)
