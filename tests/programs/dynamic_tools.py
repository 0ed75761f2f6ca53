"""Finds what it does at run time: exec, eval, compile, getattr on modules, import by name, patched functions."""

import importlib
import os
import sys
import types

exec("os.mkdir('by_exec'); made = sorted(os.listdir('.'))")
print("by_exec" in made)
print(eval("os.path.isdir('by_exec') and len(os.listdir('by_exec'))"))
code = compile("import shutil\nshutil.rmtree(target)\nleft = os.path.exists(target)", "<task>", "exec")
space = {"target": "by_exec", "os": os}
exec(code, space)
print(space["left"])

for name in ("mkdir", "rmdir"):
    getattr(os, name)("by_name")
    print(name, os.path.exists("by_name"))
paths = importlib.import_module("pathlib")
paths.Path("by_import.txt").write_text("one\n")
print(importlib.import_module("os.path").getsize("by_import.txt"))

with open("plugin_a.py", "w") as plugin:
    plugin.write("import os\n\ndef work(name):\n    os.mkdir(name)\n    return __name__ + ' ' + name\n")
sys.path.insert(0, os.getcwd())
plugin = importlib.import_module("plugin_a")
print(plugin.work("by_plugin"), os.path.isdir("by_plugin"))

HANDLERS = {"make": os.mkdir, "drop": os.rmdir, "list": lambda name: sorted(os.listdir(name))}
for order in ("make x", "make x/y", "list x", "drop x/y", "list x", "drop x"):
    verb, _, name = order.partition(" ")
    print(order, HANDLERS[verb](name))


def loud(original):
    def inner(*args):
        print("calling", original.__name__, args)
        return original(*args)

    return inner


helper = types.SimpleNamespace(remove=os.remove)
helper.remove = loud(helper.remove)
helper.remove("by_import.txt")
globals()["remember"] = loud(os.path.exists)
print(remember("by_import.txt"))  # noqa: F821
maker = type("Maker", (), {"make": staticmethod(os.mkdir), "__call__": lambda self, name: self.make(name)})
maker()("by_class")
print(os.path.isdir("by_class"))
os.rmdir = loud(os.rmdir)
os.rmdir("by_class")
