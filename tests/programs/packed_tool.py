"""Builds a zipped application and a package with data, and runs both: zipapp, runpy, pkgutil, importlib.resources."""

import importlib.resources
import os
import pkgutil
import runpy
import subprocess
import sys
import zipapp
from pathlib import Path

sys.dont_write_bytecode = True
source = Path("tool")
(source / "words").mkdir(parents=True)
(source / "__main__.py").write_text(
    "import sys\nfrom words import load\nprint(sys.argv[1:], load())\nsys.exit(len(sys.argv))\n"
)
(source / "words" / "__init__.py").write_text(
    "import pkgutil\n\ndef load():\n    return pkgutil.get_data(__name__, 'list.txt').decode().split()\n"
)
(source / "words" / "list.txt").write_text("apple\npear\n")
(source / "words" / "extra.py").write_text("NAME = __name__\nif __name__ == '__main__':\n    print('as a script')\n")
for path in source.rglob("*"):
    os.utime(path, (1_000_000_000, 1_000_000_000))
zipapp.create_archive(source, "tool.pyz", interpreter="/usr/bin/env python3")
print(Path("tool.pyz").read_bytes()[:22])
done = subprocess.run([sys.executable, "tool.pyz", "a", "b"], capture_output=True, text=True)
print(done.stdout.strip(), done.returncode)

sys.path.insert(0, "tool.pyz")
import words

print(words.load(), words.__name__, "tool.pyz" in words.__file__)
print([module.name for module in pkgutil.iter_modules(words.__path__)])
print(importlib.resources.files("words").joinpath("list.txt").read_text().split())
print(runpy.run_module("words.extra")["NAME"], runpy.run_module("words.extra", run_name="other")["NAME"])
space = runpy.run_path("tool/words/extra.py", run_name="__main__", init_globals={"GIVEN": 1})
print(space["NAME"], space["GIVEN"])
