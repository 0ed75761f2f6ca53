"""Threads that parse at the same moment; CPython alone fails at that now and then."""

import ast
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from durable.runner import parsing

DEEP = "+".join("f(" * 12 + "x" + ")" * 12 for _ in range(30))


@pytest.fixture(autouse=True)
def switching(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    monkeypatch.setattr(ast, "parse", ast.parse)
    yield
    sys.setswitchinterval(interval)


class Loose:
    """Garbage that lets another thread go on when it is collected."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        time.sleep(0)


def parsed(depth: int) -> str:
    if depth:
        return parsed(depth - 1)
    for _ in range(50):
        Loose()
    return ast.dump(ast.parse(DEEP))


def test_threads_of_different_depth_parse_the_same_tree() -> None:
    parsing.install()
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(parsed, [1, 30, 60, 90] * 10))
    assert len(found) == 1


def test_a_syntax_error_has_the_frames_of_plain_python() -> None:
    def frames() -> list[str]:
        try:
            ast.parse("x = =")
        except SyntaxError as error:
            from durable.runner.codec.frames import without_own

            return [frame.name for frame in traceback.extract_tb(without_own(error.__traceback__))]
        raise AssertionError

    plain = frames()
    parsing.install()
    assert frames() == plain
