"""The catalogue against audit events, a sample; all of it: scripts/audit_effects.py, its results: docs/effects.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from effects.compare import Comparison, Seen
from effects.events import writes
from effects.silence import reason

from durable.transpiler.catalogue import is_caught

LIB = Path(__file__).parents[1] / "lib"


def watched(*args: str, out: Path) -> Any:
    command = [sys.executable, "-W", "ignore", "-m", *args]
    environment = {**os.environ, "PYTHONPATH": str(LIB)}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )
    assert out.exists(), done.stderr[-2000:]
    return json.loads(out.read_text())


@pytest.mark.parametrize("module", ["test_glob", "test_netrc", "test_wave", "test_fileinput"])
def test_of_cpython(module: str, tmp_path: Path) -> None:
    out = tmp_path / "notes.json"
    seen = watched("effects.cpython", module, str(out), out=out)
    found = Comparison()
    for event, is_write, chain, leaf, count, example in seen["events"]:
        found.add(Seen(event, is_write, tuple(chain), leaf, count, example))
    found.add_called(seen["called"])
    assert seen["tests"] > 0
    assert found.events > 0
    assert found.wrong == {}
    assert [name for name in found.silent if not reason(name)] == []


def test_clients_on_loopback(tmp_path: Path) -> None:
    out = tmp_path / "notes.json"
    libraries = ["requests", "httpx", "urllib3", "aiohttp"]
    seen = watched("effects.thirdparty", str(out), *libraries, out=out)
    found = Comparison()
    for one in seen:
        assert "error" not in one
        for event, is_write, chain, leaf, count, example in one["events"]:
            found.add(Seen(event, is_write, (*chain, one["name"]), leaf, count, example))
    assert found.wrong == {}
    silent = {one["name"] for one in seen if not one["events"]}
    assert {"requests.Response.json", "httpx.URL"} <= silent
    assert not {"requests.get", "requests.Session.post", "httpx.AsyncClient.put", "aiohttp.ClientSession.get"} & silent


CAUGHT = """
    builtins.open io.open io.open_code os.open os.listdir os.scandir os.remove os.unlink os.rename os.replace os.chmod
    os.chdir os.mkdir os.rmdir os.utime socket.socket socket.getaddrinfo socket.create_connection
"""
INSTALLING = """
import importlib
import sys
from durable import stdlib_shims
from durable.runner import instrument

def found(name):
    module, _, last = name.rpartition(".")
    value = getattr(importlib.import_module(module), last)
    return value, getattr(value, "__new__", None)

before = {name: found(name) for name in sys.argv[1:]}
stdlib_shims.install()
instrument.install()
print(*(name for name in before if found(name) == before[name]))
"""


def test_what_inline_code_may_call_is_caught_where_libraries_find_it() -> None:
    assert [name for name in CAUGHT.split() if not is_caught(name)] == []
    command = [sys.executable, "-c", INSTALLING, *CAUGHT.split()]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split() == []


def judged(*chain: str, event: str = "open", leaf: str = "builtins.open") -> Comparison:
    found = Comparison()
    found.add(Seen(event, False, chain, leaf))
    return found


def test_an_event_of_pure_code_is_wrong() -> None:
    assert list(judged("json.detect_encoding").wrong) == [("json.detect_encoding", "pure")]


def test_an_event_below_an_effect_is_right() -> None:
    found = judged("shutil.copyfile", "shutil.copy")
    assert found.wrong == {}
    assert found.causing >= {"shutil.copyfile", "shutil.copy"}


def test_pure_code_above_an_effect_is_wrong() -> None:
    assert list(judged("shutil.copyfile", "json.detect_encoding").wrong) == [("json.detect_encoding", "pure")]


def test_inline_code_may_call_what_is_caught() -> None:
    found = judged("doctest.testfile")
    assert found.wrong == {}
    assert list(found.through_caught) == ["doctest.testfile"]


def test_inline_code_may_not_touch_the_world_by_what_is_not_caught() -> None:
    found = judged("doctest.testfile", event="fcntl.flock", leaf="fcntl.flock")
    assert list(found.wrong) == [("doctest.testfile", "inline")]


def test_the_interpreter_may_read_source_text() -> None:
    assert judged("ast.parse", leaf="builtins.compile").events == 0


def test_a_callable_without_events_is_silent() -> None:
    found = judged("shutil.copyfile")
    found.add_called(["shutil.copyfile", "os.stat", "json.dumps", "socket.socket._accept"])
    assert found.silent == {"os.stat": "read"}


@pytest.mark.parametrize(
    ("event", "args", "is_write"),
    [
        ("open", ("a", "r", 0), False),
        ("open", ("a", "ab", 0), True),
        ("open", ("a", None, os.O_RDONLY), False),
        ("open", ("a", None, os.O_RDWR), True),
        ("os.listdir", ("a",), False),
        ("os.mkdir", ("a",), True),
    ],
)
def test_events_that_change(event: str, args: tuple[object, ...], is_write: bool) -> None:
    assert writes(event, args) is is_write
