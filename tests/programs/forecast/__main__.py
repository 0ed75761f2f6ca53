"""A forecast whose tables fail to load, in modules of its own and in plug-ins it writes: tracebacks as Python shows them."""

import importlib
import json
import sys
import traceback
from pathlib import Path


def load_tables():
    from forecast import tables

    return tables.COLDEST


def attempt(what):
    try:
        print("coldest:", what())
    except Exception as error:
        traceback.print_exc(file=sys.stdout)
        print(len(traceback.extract_tb(error.__traceback__)), "frames")


attempt(load_tables)
Path("seasons.json").write_text(json.dumps({"winter": {"low": -9}, "spring": {}}))
attempt(load_tables)
Path("seasons.json").write_text(json.dumps({"winter": {"low": -9}, "spring": {"low": 2}}))
attempt(load_tables)

plugins = Path("plugins")
plugins.mkdir()
(plugins / "wind.py").write_text("def knots(text):\n    return float(text)\n\n\nFASTEST = knots('gale')\n")
(plugins / "rain.py").write_text("import wind\n")
sys.path.insert(0, str(plugins))


def load_plugin():
    import rain

    return rain


attempt(load_plugin)
attempt(lambda: importlib.import_module("rain"))
attempt(lambda: importlib.import_module("hail"))
import rain  # noqa: E402
