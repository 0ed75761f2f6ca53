"""A task runner that finds its tasks by name: getattr on modules, importlib, globals(), vars(), operator and partials."""

import importlib
import operator
import sys
from functools import partial, reduce


def task_copy(source, target):
    return getattr(importlib.import_module("shutil"), "copyfile")(source, target)


def task_count(path):
    return len(vars(importlib.import_module("builtins"))["open"](path).readlines())


def task_touch(*paths):
    make = operator.methodcaller("touch", exist_ok=True)
    for path in map(getattr(importlib.import_module("pathlib"), "Path"), paths):
        make(path)
    return len(paths)


def resolve(dotted):
    """Turn "package.module.attribute" into the attribute."""
    module, attributes = dotted, []
    while module:
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:
            module, _, attribute = module.rpartition(".")
            attributes.insert(0, attribute)
        else:
            return reduce(getattr, attributes, found)
    raise LookupError(dotted)


SCRIPT = """\
touch a.txt b.txt
call os.path.exists a.txt
call os.mkdir folder
call os.makedirs folder/in/side
call os.path.join folder in
call pathlib.Path.cwd
call json.decoder.JSONDecoder
copy tasks.txt folder/copy.txt
count folder/copy.txt
call os.rename a.txt c.txt
call os.nothing
fly away
call os.rmdir folder
"""


def run(line):
    name, *words = line.split()
    if name == "call":
        return resolve(words[0])(*words[1:])
    task = globals().get(f"task_{name}") or sys.modules[__name__].__dict__.get(name)
    if task is None:
        raise LookupError(f"no task {name}; there are {[key for key in globals() if key.startswith('task_')]}")
    return partial(task, *words)()


with open("tasks.txt", "w") as file:
    file.write(SCRIPT)
for line in open("tasks.txt").read().splitlines():
    try:
        result = run(line)
    except (LookupError, AttributeError, OSError) as error:
        print(f"{line}: {type(error).__name__}: {error}")
    else:
        shown = result if isinstance(result, (int, str, bool)) else type(result).__name__
        print(f"{line}: {shown}")
listing = getattr(__import__("os"), "listdir")
print([name for name in sorted(listing()) if name.endswith(".txt")])
print(eval("sorted(f(p) for p in q)", {"f": resolve("os.path.getsize"), "q": ["b.txt", "tasks.txt"]}))
