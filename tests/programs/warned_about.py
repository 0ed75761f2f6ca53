"""Warnings in a program: filters, categories of its own, errors out of warnings, showwarning, logging, stack levels."""

import logging
import sys
import warnings
from pathlib import Path


class StaleData(UserWarning):
    pass


def load(path):
    if not Path(path).exists():
        warnings.warn(f"{path} is missing, using nothing", StaleData, stacklevel=2)
        return ""
    if Path(path).suffix == ".old":
        warnings.warn("old format", DeprecationWarning, stacklevel=2)
    return Path(path).read_text()


def shown(message, category, filename, lineno, file=None, line=None):
    with open("warnings.txt", "a") as out:
        print(category.__name__, message, file=out)


Path("a.old").write_text("a")
print(repr(load("a.old")), repr(load("b.txt")))
for _ in range(2):
    load("c.txt")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    load("a.old"), load("d.txt")
    print([(item.category.__name__, str(item.message)) for item in caught], Path(caught[0].filename).name)
with warnings.catch_warnings():
    warnings.filterwarnings("error", category=StaleData, message=".*missing")
    try:
        load("e.txt")
    except StaleData as warning:
        print("as an error:", warning)
original, warnings.showwarning = warnings.showwarning, shown
load("f.txt")
warnings.warn_explicit("made up", FutureWarning, "nowhere.py", 7)
warnings.showwarning = original
print(Path("warnings.txt").read_text().splitlines())
logging.basicConfig(filename="log.txt", format="%(name)s %(levelname)s %(message)s")
logging.captureWarnings(True)
load("g.txt")
logging.captureWarnings(False)
print(Path("log.txt").read_text().split(":")[-1].strip(), len(warnings.filters) > 3)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    load("h.txt")
    open("a.old").read()
eval("1 is 1") if sys.flags.optimize > 5 else compile("x = '\\d'", "made.py", "exec")
load("z.txt")
warnings.warn("the end")
