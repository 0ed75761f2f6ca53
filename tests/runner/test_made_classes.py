"""Objects of classes that a library makes at run time, as boto3 makes its clients: resources like others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

VENDOR = """\
import os

class Base:
    def __init__(self):
        self.gate = __import__("threading").Lock()

    def close(self):
        pass

def _put(self, name):
    os.mkdir(name)
    return len(os.listdir("."))

def client():
    return type("Storage", (Base,), {"put": _put})()
"""
PROGRAM = """\
import os
import vendor

os.mkdir("store")
os.chdir("store")
storage = vendor.client()
print(isinstance(storage, vendor.Base), type(storage).__name__)
print(storage.put("a"), storage.put("b"))
storage.close()
"""
POLICY = '[tool.durable.effects]\n"vendor.client" = "open"\n"vendor.Base" = "open"\n"vendor.*.put" = "write"\n'


def test_a_class_made_at_run_time_is_a_resources(project: Project) -> None:
    project.write("library/vendor.py", VENDOR)
    project.write("p.py", PROGRAM)
    project.write("pyproject.toml", POLICY)
    env = {"PYTHONPATH": str(project.folder / "library")}
    plain = project.python("p.py", env=env)
    for path in ("a", "b"):
        (project.folder / "store" / path).rmdir()
    (project.folder / "store").rmdir()
    counted = project.folder / "points"
    done = project.durable("run", "--id", "r", "p.py", env={**env, "DURABLE_CRASH_COUNT": str(counted)})
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr
    steps = json.loads(project.durable("show", "--json", "r").stdout)["steps"]
    assert [step["callee"] for step in steps if "put" in step["callee"]] == ["vendor.Storage.put"] * 2
