"""Functions of the library as attributes of classes: those of C stay what they are, those of Python become methods."""

import copyreg
import gettext
import locale
import os
import pickle
import random
import time
from pathlib import Path


class Clock:
    now = time.time
    tick = time.monotonic
    pause = time.sleep
    open = open
    list = os.listdir
    pick = random.choice

    def record(self):
        self.pause(0.01)
        with self.open("noted.txt", "w") as file:
            file.write(self.pick(["noted"]))
        return self.list(".") == ["noted.txt"], self.now() > 0, self.tick() > 0


class Name(str):
    is_there = os.path.exists
    size = os.path.getsize


print(Clock().record())
print(Name("noted.txt").is_there(), Name("noted.txt").size(), Name("nothing").is_there())
print(Clock.now is time.time, open is Path.open, copyreg.dispatch_table.get(print))
print(pickle.loads(pickle.dumps(time.sleep)) is time.sleep, time.sleep.__name__, os.getpid)
print(locale.locale_alias.get("german"), [name for name, _ in locale.locale_alias.items()][:1])
print(__loader__.get_source("__main__").splitlines()[0], __loader__.is_package("__main__"))
catalogue = gettext.translation("nothing", "here", fallback=True)
print(catalogue.gettext("word"), catalogue.ngettext("one", "many", 2))
