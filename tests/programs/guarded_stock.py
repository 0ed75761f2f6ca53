"""A stock list whose fields are descriptors: every change is checked and noted in a journal file, deletions too."""

import json
import weakref


class Journal:
    def __init__(self, path):
        self.path, self.count = path, 0

    def __iadd__(self, entry):
        with open(self.path, "a") as file:
            file.write(json.dumps(entry) + "\n")
        self.count += 1
        return self

    def __len__(self):
        with open(self.path) as file:
            return sum(1 for _ in file)

    def __contains__(self, word):
        with open(self.path) as file:
            return any(word in line for line in file)

    def __getitem__(self, index):
        with open(self.path) as file:
            entries = [json.loads(line) for line in file]
        return entries[index]

    def __iter__(self):
        with open(self.path) as file:
            yield from map(json.loads, file)


journal = Journal("stock.log")


class Checked:
    def __set_name__(self, owner, name):
        global journal
        self.name = name
        self.values = weakref.WeakKeyDictionary()
        journal += ["field", owner.__name__, name]

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        try:
            return self.values[instance]
        except KeyError:
            raise AttributeError(f"{owner.__name__} has no {self.name} yet") from None

    def __set__(self, instance, value):
        global journal
        self.check(value)
        journal += ["set", self.name, self.values.get(instance), value]
        self.values[instance] = value

    def __delete__(self, instance):
        global journal
        journal += ["del", self.name, self.values.pop(instance)]


class Text(Checked):
    def check(self, value):
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{self.name} must be text, not {value!r}")


class Count(Checked):
    def __init__(self, most=100):
        self.most = most

    def check(self, value):
        if not 0 <= value <= self.most:
            raise ValueError(f"{self.name} must be between 0 and {self.most}")


class Item:
    name = Text()
    count = Count(most=50)

    def __init__(self, name, count):
        self.name, self.count = name, count

    def __getattr__(self, attribute):
        if attribute.startswith("noted_"):
            return attribute.removeprefix("noted_") in journal
        raise AttributeError(attribute)


nails = Item("nails", 20)
nails.count += 5
nails.count -= 25
for attempt in ("51", "-1"):
    try:
        nails.count = eval(attempt)
    except ValueError as error:
        print("refused:", error)
try:
    Item("  ", 1)
except ValueError as error:
    print("refused:", error)
del nails.name
try:
    print(nails.name)
except AttributeError as error:
    print("gone:", error)
print(nails.noted_count, nails.noted_price, hasattr(nails, "price"), type(Item.count).__name__)
print(len(journal), journal.count, journal[-1], journal[:2], [kind for kind, *_ in journal])
