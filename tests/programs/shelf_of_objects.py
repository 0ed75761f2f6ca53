"""Keeps objects: shelve, dbm, pickle with hooks for files, deep copies that count themselves."""

import copy
import dbm.dumb
import io
import pickle
import shelve
from pathlib import Path


class Picture:
    """Leaves its bytes in a file and pickles its name only."""

    def __init__(self, name, data=b""):
        self.name = name
        if data:
            Path(name).write_bytes(data)

    def __getstate__(self):
        with open("saved.txt", "a") as log:
            log.write(self.name + " ")
        return {"name": self.name}

    def __setstate__(self, state):
        self.name = state["name"]
        self.size = Path(self.name).stat().st_size

    def __deepcopy__(self, memo):
        other = Picture("copy-" + self.name, Path(self.name).read_bytes())
        memo[id(self)] = other
        return other


class Ids(pickle.Pickler):
    def persistent_id(self, thing):
        return str(thing) if isinstance(thing, Path) and thing.exists() else None


class Found(pickle.Unpickler):
    def persistent_load(self, name):
        return Path(name).read_text()


with shelve.open("shelf") as shelf:
    shelf["one"] = Picture("one.png", b"12345")
    shelf["list"] = [1, {2: range(3)}]
with shelve.open("shelf", writeback=True) as shelf:
    shelf["list"].append("more")
    print(sorted(shelf), shelf["one"].size, shelf["list"])
print(Path("saved.txt").read_text().split()[0])
twice = copy.deepcopy([Picture("two.png", b"xy")] * 2)
print(twice[0] is twice[1], twice[0].name, Path("copy-two.png").read_bytes())
Path("note.txt").write_text("a note")
buffer = io.BytesIO()
Ids(buffer).dump([Path("note.txt"), Path("missing.txt")])
buffer.seek(0)
print(Found(buffer).load())
with dbm.dumb.open("names", "c") as db:
    db["ann"] = "1"
    db[b"bob"] = b"2"
with dbm.dumb.open("names", "r") as db:
    print(sorted(db.keys()), db.get("ann"), "cleo" in db)
with open("all.pickle", "wb") as file:
    for thing in (1, "two", Picture("one.png")):
        pickle.dump(thing, file)
with open("all.pickle", "rb") as file:
    print([pickle.load(file) for _ in range(2)], pickle.load(file).size)
    try:
        pickle.load(file)
    except EOFError as error:
        print("end:", error)
