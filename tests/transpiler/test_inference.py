"""What libraries do, read from their source; the tables hold pure ones first."""

from __future__ import annotations

from pathlib import Path

import pytest

from durable.transpiler.inference import Inference, Store

LIBRARY = """
import json, os, random, socket, threading, time
import re
from functools import lru_cache, partial
from contextlib import contextmanager
from . import helpers
from .helpers import Base, save as keep
from ._missing import nothing

WORDS = re.compile(r"\\w+")
TABLE = {"a": helpers.double, "b": lambda x: x}
WRITERS = {"a": keep}

def words(text): return [word.lower() for word in WORDS.findall(text)]
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
def through_table(name, x): return TABLE[name](x)
@lru_cache
def cached(x): return helpers.double(x)
def optional(x): return nothing(x) if x else x
def text_of(path): return path.strip().encode()

def each(f, items): return [f(item) for item in items]
def send(client): return client.send("x")

def append(path, text):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, f"{text}\\n".encode())
    finally:
        os.close(file)
def load(path):
    with open(path) as file:
        return json.load(file)
def store(path, text):
    with open(path, "w") as file:
        file.write(text)
def below(path): return helpers.outer(path)
def picked(name, path): return WRITERS[name](path)
def passed(paths): return list(map(os.remove, paths))
def partially(path): return partial(os.remove, path)()
def retry(f, path):
    for _ in range(3):
        try: return f()
        except OSError: store(path, "failed"); time.sleep(1)
def pause(): time.sleep(random.random())
def start(f): threading.Thread(target=f).start()
def lines(path):
    with open(path) as file:
        yield from file
@contextmanager
def locked(path):
    store(path, "locked")
    yield
    os.remove(path)

def run(code): exec(code)
def reach(thing, name): return getattr(helpers, name)(thing)
def foreign(x):
    import _json
    return _json.scanner_of(x)

class Point:
    def __init__(self, x): self.x = x
    def doubled(self): return helpers.double(self.x)
class Connection:
    def __init__(self, host): self._socket = socket.create_connection((host, 1)); self._file = os.open("x", 0)
    def send(self, data): self._socket.sendall(data)
    def close(self): self._socket.close()
class Deep(Base):
    def hook(self): os.remove("x")
class Quiet(Base):
    pass
class Config:
    def __init__(self, path):
        with open(path) as file: self.text = file.read()
    @property
    def size(self): return os.stat(self.text).st_size
    def bigger(self): return self.size + 1
def connect(host): return Connection(host)
def plain_socket(host): return socket.create_connection((host, 1))
async def fetch(url): return await url.get()
"""

HELPERS = """
import os
def double(x): return x * 2
def save(path): os.replace(path, path + "~")
def outer(path): return _inner(path)
def _inner(path): save(path)
class Base:
    def __init__(self): self.count = 0
    def go(self): self.hook()
    def hook(self): self.count += 1
"""

SAYS = {
    "words": "pure",
    "even": "pure",
    "through_table": "pure",
    "cached": "pure",
    "optional": "pure",
    "text_of": "pure",
    "Point": "pure",
    "Point.doubled": "pure",
    "Quiet": "pure",
    "Quiet.go": "pure",
    "each": "inline",
    "send": "inline",
    "append": "write",
    "load": "read",
    "store": "write",
    "below": "write",
    "keep": "write",
    "picked": "write",
    "passed": "write",
    "partially": "write",
    "retry": "inline",
    "pause": "inline",
    "start": "inline",
    "lines": "inline",
    "locked": "inline",
    "run": "write",
    "reach": "write",
    "foreign": "write",
    "Connection": "open",
    "Connection.send": "write",
    "connect": "open",
    "Deep": "pure",
    "Deep.go": "write",
    "Config": "inline",
    "Config.bigger": "read",
    "fetch": "inline",
}


@pytest.fixture
def inference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inference:
    package = tmp_path / "site" / "thelib"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(LIBRARY)
    (package / "helpers.py").write_text(HELPERS)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return Inference(tmp_path, Store(tmp_path / "inferred", "x"))


@pytest.mark.parametrize("name", SAYS)
def test_says(inference: Inference, name: str) -> None:
    found = inference.of(f"thelib.{name}")
    assert found is not None
    assert (found.effect.value, found.is_class) == (SAYS[name], name[:1].isupper() and "." not in name), found


def test_reason_names_each_function_on_the_way(inference: Inference) -> None:
    found = inference.of("thelib.below")
    assert found is not None
    assert found.reason == (
        "thelib.below",
        "thelib.below at thelib/__init__.py:38",
        "thelib.helpers.outer at thelib/helpers.py:5",
        "thelib.helpers._inner at thelib/helpers.py:6",
        "thelib.helpers.save at thelib/helpers.py:4",
        "os.replace at thelib/helpers.py:4",
        "catalogue",
    )


def test_what_cannot_be_followed_is_named(inference: Inference) -> None:
    found = inference.of("thelib.reach")
    assert found is not None
    assert found.reason[-2:] == ("getattr(helpers, name) at thelib/__init__.py:58", "cannot be followed")


@pytest.mark.parametrize("name", ["thelib.no_such", "no_such_library.f", "_json.encode_basestring"])
def test_says_nothing_without_source(inference: Inference, name: str) -> None:
    assert inference.of(name) is None


def test_stored_verdict_holds_until_a_file_changes(inference: Inference, tmp_path: Path) -> None:
    first = inference.of("thelib.keep")
    again = Inference(tmp_path, Store(tmp_path / "inferred", "x"))
    assert again.of("thelib.keep") == first
    assert again.files == inference.files
    helpers = tmp_path / "site" / "thelib" / "helpers.py"
    helpers.write_text(HELPERS.replace('os.replace(path, path + "~")', "pass"))
    changed = Inference(tmp_path, Store(tmp_path / "inferred", "x")).of("thelib.keep")
    assert changed is not None
    assert changed.effect.value == "pure"


def test_a_bound_on_functions_means_write(inference: Inference, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("durable.transpiler.inference.solve.MOST_FUNCTIONS", 2)
    found = inference.of("thelib.below")
    assert found is not None
    assert found.effect.value == "write"
    assert found.reason[-2:] == ("given up after 2 functions", "unknown means write")
