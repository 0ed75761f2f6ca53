"""A stock list of dataclasses and enums whose defaults, hooks and members come from files."""

import dataclasses
import enum
import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path

Path("rates.txt").write_text("STANDARD 19\nREDUCED 7\nNONE 0\n")
Path("next_id").write_text("100")


def next_id():
    number = int(Path("next_id").read_text())
    Path("next_id").write_text(str(number + 1))
    return number


Rate = enum.Enum("Rate", {name: int(rate) for name, rate in map(str.split, open("rates.txt"))})


class Place(enum.StrEnum):
    def _generate_next_value_(name, start, count, last):
        os.makedirs(name.lower(), exist_ok=True)
        return name.lower()

    CELLAR = enum.auto()
    SHOP = enum.auto()

    @classmethod
    def _missing_(cls, value):
        os.makedirs("lost", exist_ok=True)
        return cls.CELLAR

    @property
    def count(self):
        return len(os.listdir(self))


@dataclass(order=True)
class Item:
    name: str
    price: float = field(compare=False)
    rate: Rate = field(default=Rate.STANDARD, compare=False)
    place: Place = Place.SHOP
    number: int = field(default_factory=next_id, compare=False, repr=False)

    def __post_init__(self):
        (Path(self.place) / self.name).write_text(f"{self.price}")

    @property
    def gross(self):
        return round(float((Path(self.place) / self.name).read_text()) * (1 + self.rate.value / 100), 2)


@dataclass(frozen=True, slots=True)
class Move:
    item: str
    source: Place
    target: Place

    def __post_init__(self):
        os.rename(Path(self.source) / self.item, Path(self.target) / self.item)


items = [Item("tea", 4.0, Rate.REDUCED), Item("mug", 6.5), Item("gift", 1.0, Rate.NONE, Place("attic"))]
print(sorted(items), [item.number for item in items], [item.gross for item in items])
print(dataclasses.replace(items[0], name="black tea", price=5.0), Path("next_id").read_text())
print(Move("mug", Place.SHOP, Place.CELLAR), {place.name: place.count for place in Place}, os.path.isdir("lost"))
for rate, group in itertools.groupby(sorted(items, key=lambda i: i.rate.value), key=lambda i: i.rate):
    print(rate, [dataclasses.asdict(item)["name"] for item in group])
try:
    Move("nothing", *Place)
except FileNotFoundError as error:
    print("no move:", error.strerror)
