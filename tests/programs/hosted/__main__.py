"""A folder run as a program: it finds its plugins beside itself, with data files, and loads them by name."""

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import host

HERE = Path(__file__).parent


def load():
    import plugins

    for found in pkgutil.iter_modules(plugins.__path__, "plugins."):
        try:
            module = importlib.import_module(found.name)
        except ImportError as error:
            print("left out", found.name, error)
        else:
            yield found.name, getattr(module, "run", None) or module.main


def main():
    print(sorted(path.name for path in HERE.iterdir() if path.suffix), sys.path[0] == str(HERE), __package__ == "")
    results = {}
    for name, run in load():
        results[name] = host.call(run, os.path.basename(name))
    print(results, host.calls)
    print((HERE / "greeting.txt").read_text().strip(), "plugins.greet" in sys.modules)
    return sum(isinstance(result, Exception) for result in results.values())


sys.exit(main())
