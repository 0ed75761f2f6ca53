"""Whatever stands in the place of a public callable of the standard library has its signature."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from durable import stdlib_shims

MEASURE = """
import importlib, inspect, json, sys

def signature(value):
    try:
        return str(inspect.signature(value))
    except (ValueError, TypeError):
        return None

def members(module):
    found = {}
    for name in dir(module):
        value = getattr(module, name)
        if name.startswith("_") or not callable(value):
            continue
        found[name] = signature(value)
        if inspect.isclass(value):
            for each in dir(value):
                if not each.startswith("_") and callable(getattr(value, each, None)):
                    found[f"{name}.{each}"] = signature(getattr(value, each))
    return found

modules = {name: importlib.import_module(name) for name in sys.argv[1:]}
expected = {name: members(module) for name, module in modules.items()}
from durable import stdlib_shims
stdlib_shims.install()
own = {name: importlib.import_module(f"durable.stdlib_shims.{name}") for name in modules}
shown = {name: [members(modules[name]), members(own[name])] for name in modules}
print(json.dumps([expected, shown]))
"""

Members = dict[str, str | None]


@pytest.fixture(scope="module")
def measured() -> tuple[dict[str, Members], dict[str, list[Members]]]:
    """The signatures of a process in which no shim was installed, and of the same process with all of them."""
    command = [sys.executable, "-c", MEASURE, *sorted(stdlib_shims.names())]
    expected, shown = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return expected, shown


@pytest.mark.parametrize("name", sorted(stdlib_shims.names()))
def test_signatures_are_those_of_the_standard_library(
    name: str, measured: tuple[dict[str, Members], dict[str, list[Members]]]
) -> None:
    expected, shown = measured
    known = {member: signature for member, signature in expected[name].items() if signature is not None}
    assert expected[name]
    for module in shown[name]:
        assert {member: module.get(member, "missing") for member in known} == known
