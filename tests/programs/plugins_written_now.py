"""Writes plugins and loads them: sys.path edits, import by name, reload, specs from files, an import hook."""

import importlib
import importlib.abc
import importlib.util
import os
import sys

os.makedirs("plugins/extra")
for name, factor in (("double", 2), ("triple", 3)):
    with open(f"plugins/{name}.py", "w") as file:
        file.write(
            f"import os\nprint('loading', __name__)\nFACTOR = {factor}\n"
            "with open('loads.txt', 'a') as log:\n    log.write(__name__ + ' ')\n"
            "def run(n):\n    with open(f'{__name__}.out', 'w') as f:\n        f.write(str(n * FACTOR))\n"
            "    return n * FACTOR\n"
        )
with open("plugins/extra/__init__.py", "w") as file:
    file.write("from . import deep\nfrom double import FACTOR\n")
with open("plugins/extra/deep.py", "w") as file:
    file.write("import os\nSIZE = os.path.getsize(__file__)\n")

sys.path.insert(0, os.path.abspath("plugins"))
sys.dont_write_bytecode = True
for name in ("double", "triple"):
    module = importlib.import_module(name)
    print(module.run(7), open(f"{name}.out").read(), module.__name__ in sys.modules)

extra = __import__("extra.deep")
print(extra.FACTOR, extra.deep.SIZE, extra.deep is sys.modules["extra.deep"])

with open("plugins/double.py", "a") as file:
    file.write("FACTOR = 20\n")
importlib.invalidate_caches()
import double

print(importlib.reload(double).run(2), double.run(3))

spec = importlib.util.spec_from_file_location("third", "plugins/triple.py")
third = importlib.util.module_from_spec(spec)
spec.loader.exec_module(third)
print(third.run(5), "third" in sys.modules, os.path.exists("third.out"))


class Shouting(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes a module out of any name that begins with `loud_`."""

    def find_spec(self, name, path, target=None):
        if name.startswith("loud_"):
            return importlib.util.spec_from_loader(name, self)

    def exec_module(self, module):
        with open("loaded.txt", "a") as file:
            file.write(module.__name__ + "\n")
        module.text = module.__name__.upper()


sys.meta_path.append(Shouting())
import loud_bell
from loud_horn import text

print(loud_bell.text, text, open("loads.txt").read(), open("loaded.txt").read().split())
try:
    importlib.import_module("no_such_plugin")
except ModuleNotFoundError as error:
    print(error, error.name)
