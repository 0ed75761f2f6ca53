"""Runs one of CPython's own test modules under watch: python -m effects.cpython test_zipfile NOTES.json"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

import test
from test import support
from test.support import os_helper

from durable.transpiler.catalogue.library import FOLDER, load_library
from effects.frames import Frames
from effects.watch import Watch

# The test framework calls what a test gives it as the test itself would.
PROGRAM = (str(Path(test.__file__).parent), str(Path(unittest.__file__).parent))
# Tests that want leave for the network and use loopback alone.
_RESOURCES = {"test_socketserver": ["network"]}
# On a virtual machine that offers VSOCK to its host alone, this one waits for ever.
_HANGING = frozenset({"ThreadedVSOCKSocketStreamTest"})


def main(name: str, out: Path) -> None:
    """Run the tests of one module, and write down what was seen."""
    for path in FOLDER.glob("*.toml"):
        load_library(path.stem)
    watch = Watch(Frames(PROGRAM))
    support.use_resources = _RESOURCES.get(name, [])
    with tempfile.TemporaryDirectory() as folder, os_helper.change_cwd(folder):
        loaded = unittest.defaultTestLoader.loadTestsFromName(f"test.{name}")
        suite = unittest.TestSuite(one for one in _tests(loaded) if type(one).__name__ not in _HANGING)
        runner = unittest.TextTestRunner(io.StringIO(), verbosity=0)
        watch.resume()
        try:
            result = runner.run(suite)
        finally:
            watch.stop()
    failed = len(result.failures) + len(result.errors)
    _write(out, {"name": name, "tests": result.testsRun, "failed": failed}, watch)


def _tests(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from _tests(one)
        else:
            yield one


def _write(out: Path, about: dict[str, object], watch: Watch) -> None:
    notes = watch.notes
    seen = [[*key, count, notes.examples.get(key, "")] for key, count in notes.events.items()]
    text = {**about, "events": seen, "called": sorted(notes.called)}
    text |= {"machinery": notes.machinery, "finalizers": notes.finalizers}
    out.write_text(json.dumps(text), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve())
