"""Library calls that do something to files call back into the program; the callbacks keep notes in every kind of place."""

import functools
import shutil
from pathlib import Path

copied = []
total = 0
settings = {"seen": {}}


class Tally:
    calls = 0
    names: list = []

    def __init__(self):
        self.own = []

    def ignore(self, folder, names):
        Tally.calls += 1
        type(self).names.append(Path(folder).name)
        self.own.extend(sorted(names))
        return [name for name in names if name.endswith(".tmp")]


def remember(source, target):
    global total
    total += Path(source).stat().st_size
    copied.append(Path(target).name)
    settings["seen"][Path(source).name] = note(source)
    return shutil.copy2(source, target)


def note(path):
    settings["last"] = Path(path).name
    return len(settings["seen"])


def tree(name):
    root = Path(name)
    (root / "inner").mkdir(parents=True)
    for number in range(3):
        (root / f"{number}.txt").write_text("x" * number)
    (root / "scratch.tmp").touch()
    (root / "inner" / "deep.txt").write_text("deep")
    (root / "inner" / "link").symlink_to("deep.txt")
    return root


def backup(root, generations=2):
    count = 0

    class Refused(Exception):
        def __init__(self, path):
            super().__init__(f"refused {path.name}")
            self.path = path

    def counted(folder, names):
        nonlocal count
        count += len(names)
        return set()

    def refuse(function, path, info):
        raise Refused(Path(path)) from info[1]

    for generation in range(generations):
        shutil.copytree(root, f"{root}.{generation}", ignore=counted, symlinks=True)
    try:
        shutil.rmtree("not-there", onerror=refuse)
    except Refused as error:
        print(error, error.path, type(error.__cause__).__name__, type(error).__name__)
    return count


root = tree("source")
tally = Tally()
shutil.copytree(root, "first", ignore=tally.ignore, copy_function=remember)
print(sorted(copied), total, sorted(settings["seen"]), settings["last"] in settings["seen"])
print(Tally.calls, sorted(Tally.names), sorted(tally.own))
shutil.copytree(root, "second", copy_function=functools.partial(shutil.copy))
print("counted", backup(root))
errors = []
shutil.rmtree("missing", onerror=lambda function, path, info: errors.append((function.__name__, path, info[0].__name__)))
print(errors)
for copy in ("first", "second", "source.0", "source.1"):
    print(copy, sorted(str(path.relative_to(copy)) for path in Path(copy).rglob("*")))
    shutil.rmtree(copy)
