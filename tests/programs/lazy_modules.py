"""Modules made by hand: types.ModuleType, lazy attributes, sys.modules entries, inspection of functions and sources."""

import importlib
import inspect
import os
import sys
import types
from pathlib import Path

settings = types.ModuleType("settings", "Made by hand.")
exec("import os\nTEXT = open('made.txt').read() if os.path.exists('made.txt') else 'nothing'\n", settings.__dict__)
sys.modules["settings"] = settings
import settings as again

print(again is settings, settings.TEXT, settings.__doc__)


class Lazy(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        path = Path(f"{name}.txt")
        path.write_text(f"made for {name}")
        value = path.read_text()
        setattr(self, name, value)
        return value


sys.modules["lazy"] = Lazy("lazy")
import lazy
from lazy import second

print(lazy.first, second, sorted(p.name for p in Path(".").glob("*[td].txt")), "first" in vars(lazy))
os.remove("first.txt")
print(lazy.first, getattr(importlib.import_module("lazy"), "made"))


def job(name: str, /, *sizes: int, mode="w", **rest) -> int:
    """Write a file."""
    with open(name, mode) as file:
        return file.write(" ".join(map(str, sizes)))


signature = inspect.signature(job)
bound = signature.bind("job.txt", 1, 2, extra=True)
bound.apply_defaults()
print(signature, bound.arguments, job(*bound.args, **bound.kwargs), inspect.getdoc(job))
print(inspect.getsource(job).splitlines()[2].strip(), job.__code__.co_varnames[:4], inspect.isgeneratorfunction(job))
print(inspect.currentframe().f_lineno, [name for name, _ in inspect.getmembers(settings) if name.isupper()])
copied = types.FunctionType(job.__code__, {"open": open, "map": map, "str": str, "__builtins__": {}}, "copied")
copied.__kwdefaults__ = {"mode": "a"}
print(copied("job.txt", 3), Path("job.txt").read_text(), copied.__name__)
namespace = types.SimpleNamespace(size=os.path.getsize("job.txt"))
namespace.double = lambda: namespace.size * 2
print(namespace.double(), vars(namespace)["size"], os.path.basename(inspect.getfile(job)))
del sys.modules["lazy"]
try:
    importlib.import_module("lazy")
except ImportError as error:
    print(type(error).__name__, error)
