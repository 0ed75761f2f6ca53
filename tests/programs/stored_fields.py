"""Class-heavy: metaclass registry, descriptors with I/O, __getattr__ proxies, __del__, weakref finalizers, pickling."""
import weakref, pickle, json, os, atexit
from pathlib import Path

class Registry(type):
    known = {}
    def __new__(mcls, name, bases, ns):
        cls = super().__new__(mcls, name, bases, ns)
        mcls.known[name] = cls
        Path("registry.log").open("a").write(name + "\n")
        return cls

class Stored:
    def __set_name__(self, owner, name):
        self.name = name
    def __get__(self, obj, owner=None):
        if obj is None:
            return self
        return json.loads(Path(f"{obj.key}.{self.name}.json").read_text())
    def __set__(self, obj, value):
        Path(f"{obj.key}.{self.name}.json").write_text(json.dumps(value))

class Base(metaclass=Registry):
    value = Stored()
    def __init__(self, key):
        self.key = key
        weakref.finalize(self, print, "gone", key)
    def __getattr__(self, name):
        if name.startswith("read_"):
            return lambda: Path(name[5:]).read_text()
        raise AttributeError(name)
    def __del__(self):
        Path("deleted.log").open("a").write(self.key + "\n")

class Child(Base):
    def __getstate__(self):
        return {"key": self.key}
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        self.value = ["closed"]

with Child("one") as one:
    one.value = {"a": [1, 2]}
    print(one.value["a"])
print(one.value, getattr(one, "read_registry.log")())
copy = pickle.loads(pickle.dumps(one))
print(copy.key, type(copy) is Child)
del one
print(Path("deleted.log").read_text())
copy = None
print(Path("deleted.log").read_text().split())
print(sorted(Registry.known))
atexit.register(lambda: print("bye", sorted(p.name for p in Path().glob("*.log"))))
