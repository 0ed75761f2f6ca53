"""What libraries log within a step reaches the program's handlers, live and on replay."""

from __future__ import annotations

import contextlib
import io
import logging
from typing import Any

from durable.runner.engines.memory import play
from durable.runtime import write

LIBRARY = logging.getLogger("a.library")


@write
def work(item: Any, callback: Any = None) -> Any:
    LIBRARY.debug("working on %s", item)
    try:
        {}[item]
    except KeyError:
        LIBRARY.exception("in %(what)s", {"what": [item]}, extra={"size": 3, "lost": work})
    LIBRARY.info("wrong %d", "count" if item == "bad" else 1)
    return callback(item) if callback else item


def program() -> Any:
    out = io.StringIO()
    style = "%(levelname)s %(name)s %(funcName)s %(message)s %(threadName)s"
    logging.basicConfig(stream=out, level=logging.DEBUG, format=style)
    mine = logging.getLogger("mine")
    mine.addHandler(logging.StreamHandler(out))
    work(1, lambda item: mine.warning("called back with %s", item))
    LIBRARY.setLevel(logging.ERROR)
    work(2)
    logging.disable(logging.CRITICAL)
    work(3)
    return out.getvalue()


def test_a_librarys_records_are_handled_by_the_program() -> None:
    played = play(program)
    lines = [line for line in played.value.splitlines() if "MainThread" in line or line.startswith("called")]
    assert [line.partition(" MainThread")[0] for line in lines] == [
        "DEBUG a.library work working on 1",
        "ERROR a.library work in [1]",
        "INFO a.library work wrong 1",
        "called back with 1",
        "WARNING mine <lambda> called back with 1",
        "ERROR a.library work in [2]",
    ]
    assert played.value.count("KeyError: ") == 2
    assert play(program, played.events).value == played.value
    assert play(program, played.events).performed == []


def test_without_handlers_a_warning_goes_to_stderr() -> None:
    def quiet() -> str:
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            write(LIBRARY.warning)("careful")
            write(LIBRARY.info)("not this")
        return errors.getvalue()

    assert play(quiet).value == "careful\n"


def test_attributes_of_a_record_are_kept() -> None:
    def keeping() -> Any:
        kept: list[logging.LogRecord] = []
        handler = logging.Handler()
        handler.emit = kept.append  # type: ignore[method-assign]
        logging.root.addHandler(handler)
        logging.root.setLevel(logging.INFO)
        work("x")
        error, info = kept
        return info.args, info.msg, vars(error)["size"], hasattr(error, "lost"), error.exc_info[0].__name__  # type: ignore

    played = play(keeping)
    assert played.value == ((1,), "wrong %d", 3, False, "KeyError")
    assert play(keeping, played.events).value == played.value
