"""Exceptions as records: class, attributes, links and a traceback that prints as the original."""

from __future__ import annotations

import ast
import sys
import threading
import traceback
import types
from collections.abc import Generator
from typing import Any

import pytest
import requests

from durable.runner.codec import Decoder, Encoder, Namespace


class Refused(Exception):
    """Takes arguments that its `args` do not hold."""

    def __init__(self, code: int, *, reason: str) -> None:
        super().__init__(f"refused: {reason}")
        self.code = code
        self.reason = reason


class Strange(Exception):
    def __new__(cls, must: int) -> Any:
        return super().__new__(cls, must)

    @property
    def never(self) -> int:
        raise AssertionError("a property ran while a record was made or loaded")


NAMESPACE = Namespace({})
ENCODER = Encoder(NAMESPACE, lambda value, where: None)
DECODER = Decoder(NAMESPACE, lambda node: None)


@pytest.fixture(autouse=True)
def own_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType(__name__)
    module.__dict__.update(globals())
    monkeypatch.setattr(NAMESPACE, "_modules", {__name__: module})


def again(error: BaseException) -> Any:
    return DECODER.value(ENCODER.text(error, "exception"))


def raised(fn: Any, *args: Any) -> BaseException:
    try:
        fn(*args)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def read_missing() -> None:
    raise FileNotFoundError(2, "No such file or directory", "/missing/file")


def decode() -> None:
    b"\xff".decode()


def parse() -> None:
    compile("a = = 1", "x.py", "exec")


def chain() -> None:
    try:
        read_missing()
    except OSError as error:
        error.add_note("while reading")
        raise Refused(7, reason="no file") from error


def context() -> None:
    try:
        decode()
    finally:
        read_missing()


def group() -> None:
    raise ExceptionGroup("several", [raised(read_missing), raised(decode)])  # type: ignore[list-item]


def recurse(depth: int) -> None:
    if depth:
        recurse(depth - 1)
    raise Refused(
        depth,
        reason="a call "
        "of several lines",
    )  # fmt: skip


def spaced() -> Any:
    table: dict[str, Any] = {"ä€": {}}
    return (
        table["ä€"]
             ["missing"]
    )  # fmt: skip


def suppressed() -> None:
    try:
        decode()
    except ValueError:
        raise KeyError("k") from None


CASES = [read_missing, decode, parse, chain, context, group, spaced, suppressed]


@pytest.mark.parametrize("fn", CASES, ids=lambda fn: fn.__name__)
def test_it_prints_as_the_original(fn: Any) -> None:
    error = raised(fn)
    found = again(error)
    assert type(found) is type(error)
    assert traceback.format_exception(found) == traceback.format_exception(error)
    assert (str(found), repr(found), found.args) == (str(error), repr(error), error.args) or fn is group
    assert traceback.format_exception(again(found)) == traceback.format_exception(error)


def test_a_deep_traceback_prints_as_the_original() -> None:
    error = raised(recurse, 300)
    assert traceback.format_exception(again(error)) == traceback.format_exception(error)


def test_a_frame_without_columns_prints_as_the_original() -> None:
    tree = ast.parse("def fail():\n    return [][1]\n")
    for node in ast.walk(tree):
        if hasattr(node, "col_offset"):
            node.col_offset = node.end_col_offset = -1
    names: dict[str, Any] = {}
    exec(compile(tree, __file__, "exec"), names)
    error = raised(names["fail"])
    assert traceback.format_exception(again(error)) == traceback.format_exception(error)


def test_attributes_are_kept() -> None:
    found = again(raised(read_missing))
    assert (found.errno, found.filename, found.strerror) == (2, "/missing/file", "No such file or directory")
    found = again(raised(decode))
    assert (found.encoding, found.object, found.start, found.end) == ("utf-8", b"\xff", 0, 1)
    found = again(raised(chain))
    assert (found.code, found.reason, found.__cause__.__notes__) == (7, "no file", ["while reading"])
    found = again(SystemExit(3))
    assert found.code == 3
    found = again(raised(parse))
    assert (found.filename, found.lineno, found.offset, found.text) == ("x.py", 1, 5, "a = = 1\n") or found.lineno == 1
    assert again(Strange(1)).args == (1,)
    assert [type(part) for part in again(raised(group)).exceptions] == [FileNotFoundError, UnicodeDecodeError]


def test_what_cannot_be_stored_becomes_its_repr() -> None:
    lock = threading.Lock()
    error = Refused(1, reason="r")
    error.lock = lock  # type: ignore[attr-defined]
    error.args = (lock, 2)
    found = again(error)
    assert repr(found.lock) == repr(lock)
    assert (repr(found.args[0]), found.args[1], found.code) == (repr(lock), 2, 1)


def test_a_class_that_cannot_be_named_becomes_its_nearest_base() -> None:
    class Local(KeyError):
        pass

    assert type(again(Local("k"))) is Local
    Local.__module__ = "elsewhere"
    found = again(Local("k"))
    assert type(found) is KeyError
    assert found.args == ("k",)


def test_the_response_of_a_requests_error_is_kept() -> None:
    response = requests.Response()
    response.status_code = 404
    response._content = b'{"a": 1}'
    response.url = "http://x/"
    response.request = requests.Request("GET", "http://x/").prepare()
    error = raised(response.raise_for_status)
    found = again(error)
    assert type(found) is requests.HTTPError
    assert found.response.json() == {"a": 1}
    assert found.response.status_code == 404
    assert found.request.url == "http://x/"


def test_a_loop_of_causes_comes_back() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    found = again(first)
    assert found.__cause__.__cause__ is found
    assert sys.exc_info() == (None, None, None)


@pytest.mark.parametrize("value", [None, 3])
def test_the_end_of_an_iterator_goes_through_yield_from(value: Any) -> None:
    class Ended:
        def __iter__(self) -> Ended:
            return self

        def __next__(self) -> None:
            raise again(StopIteration() if value is None else StopIteration(value))

    def through() -> Generator[None, None, Any]:
        return (yield from Ended())

    with pytest.raises(StopIteration) as caught:
        next(through())
    assert caught.value.value == value
