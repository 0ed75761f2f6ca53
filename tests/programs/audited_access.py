"""Records that note every access in a file: __getattribute__, __setattr__, slots, __class_getitem__, weak references."""

import copy
import operator
import weakref


def note(*words):
    with open("audit.log", "a") as log:
        print(*words, file=log)


class Typed:
    def __init__(self, kind, default):
        self.kind, self.default = kind, default

    def __set_name__(self, owner, name):
        self.slot = "_" + name
        note("bound", owner.__name__, name)

    def __get__(self, obj, owner=None):
        if obj is None:
            note("class access", self.slot)
            return self
        return getattr(obj, self.slot, self.default)

    def __set__(self, obj, value):
        note("set", self.slot, value)
        setattr(obj, self.slot, self.kind(value))


class Record:
    count = Typed(int, 0)
    title = Typed(str, "none")

    def __getattribute__(self, name):
        if not name.startswith("_"):
            note("get", name)
        return super().__getattribute__(name)

    def __setattr__(self, name, value):
        if name == "locked":
            note("refused", name)
            raise AttributeError(name)
        super().__setattr__(name, value)

    def __delattr__(self, name):
        note("del", name)
        super().__delattr__("_" + name)

    def __class_getitem__(cls, kind):
        note("item", kind.__name__)
        return type(f"{kind.__name__.title()}Record", (cls,), {"kind": kind})

    def __dir__(self):
        note("dir")
        return ["count", "title"]

    def __copy__(self):
        note("copy")
        other = type(self)()
        other.count = self.count + 1
        return other

    def __reduce__(self):
        note("reduce")
        return type(self), ()


record = Record()
record.count = "41"
record.title = 7
print(record.count, record.title, copy.copy(record).count, dir(record), Record.count.kind)
try:
    record.locked = True
except AttributeError as error:
    print("locked:", error)
del record.count
print(record.count, hasattr(record, "missing"), operator.attrgetter("title", "count")(record))
print(copy.deepcopy(record).title, Record[int]().kind, Record[str].__name__)
gone = []
weakref.finalize(record, note, "finalized")
reference = weakref.ref(record, lambda _: gone.append("gone"))
del record
print(reference() is None, gone)
print(open("audit.log").read())
