"""A state machine of orders over `match`: guards that read files, class, mapping, sequence and or-patterns."""

import json
import os
from dataclasses import dataclass


@dataclass
class Paid:
    amount: int


class Parcel:
    __match_args__ = ("weight", "label")

    def __init__(self, name):
        self.name = name

    @property
    def weight(self):
        return os.path.getsize(self.name)

    @property
    def label(self):
        with open(self.name) as file:
            return file.readline().strip()


def stock(item):
    with open("stock.json") as file:
        return json.load(file).get(item, 0)


def take(item, count):
    with open("stock.json") as file:
        have = json.load(file)
    have[item] -= count
    with open("stock.json", "w") as file:
        json.dump(have, file)


def step(state, event):
    match state, event:
        case "new", {"order": str(item), "count": int(count), **rest} if stock(item) >= count > 0:
            take(item, count)
            return f"reserved{'+' if rest else ''}"
        case "new", {"order": item}:
            return f"no {item}"
        case ("reserved" | "reserved+") as before, Paid(amount=20 | 30 as amount):
            with open("paid.txt", "a") as file:
                file.write(f"{before} {amount}\n")
            return "paid"
        case _, Paid(amount) if os.path.exists("paid.txt"):
            return f"odd sum {amount}"
        case "paid", Parcel(weight, label) if weight > 5:
            os.rename(event.name, label)
            return "sent"
        case "paid", Parcel(_, "light" | "tiny"):
            return "by hand"
        case _, [*_, "cancel" | "return" as word] | [("cancel" | "return") as word, *_]:
            return word
        case state, [first, *others]:
            return f"{state}/{first}/{len(others)}"
        case _:
            return "?"


with open("stock.json", "w") as file:
    json.dump({"tea": 3}, file)
for name, text in (("p1", "heavy\nbox"), ("p2", "tiny")):
    with open(name, "w") as file:
        file.write(text)
EVENTS = [
    ("new", {"order": "tea", "count": 2}),
    ("new", {"order": "tea", "count": 2}),
    ("new", {"order": "tea", "count": 1, "gift": True}),
    ("new", Paid(20)),
    ("reserved", Paid(20)),
    ("reserved+", Paid(30)),
    ("reserved", Paid(25)),
    ("paid", Parcel("p1")),
    ("paid", Parcel("p2")),
    ("sent", ["please", "return"]),
    ("sent", ["cancel", 1, 2]),
    ("sent", ["other", 1, 2]),
    ("sent", None),
]
for state, event in EVENTS:
    print(f"{state:>9} -> {step(state, event)}")
print(open("stock.json").read(), open("paid.txt").read().split("\n"), os.path.exists("heavy"))
