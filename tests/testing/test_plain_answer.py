"""A program under test gives plain Python's answer, whatever the test runner has put into the process."""

from __future__ import annotations

import logging
import warnings

import pytest

from durable.testing import Programs

HABITS = """
    import atexit, getpass, logging, os, subprocess, sys, threading, warnings
    from pathlib import Path

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    log = logging.getLogger("orders")
    log.info("begin")
    warnings.warn("careful")
    warnings.warn("old", DeprecationWarning)
    warnings.warn("hidden", ResourceWarning)
    atexit.register(print, "at exit")
    print(sys.argv[1:], __name__, Path(__file__).name, sys.stdin.isatty(), len(sys.path))
    print([name for name in os.environ if name.startswith("PYTEST_CURRENT")], sys.modules["__main__"].log is log)
    print(subprocess.run(["sh", "-c", "echo child; exit 3"], capture_output=True, text=True))

    def fail():
        raise ValueError("in a thread")

    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    print(input("name? "), input())
    try:
        input("more? ")
    except EOFError as error:
        print(repr(error))
    log.warning("end")
    {}["missing"]
"""


def test_streams_exit_code_and_habits(durable_program: Programs, script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend("/nowhere")
    logging.getLogger("orders").setLevel(logging.CRITICAL)
    warnings.simplefilter("error")
    result = durable_program.run(script.write(HABITS), "a", "b", stdin="Ada\nLovelace\n")
    assert script.is_as_plain(result, "a", "b", stdin="Ada\nLovelace\n")
    assert isinstance(result.exception, KeyError)
    assert logging.getLogger("orders").level == logging.CRITICAL
    with pytest.raises(AssertionError, match="KeyError"):
        result.ok()


def test_nothing_stays_in_the_process(durable_program: Programs, script) -> None:
    import os
    import signal
    import sys
    import traceback

    def state() -> list[object]:
        return [
            sys.path[:], sys.stdout, sys.stdin, sys.excepthook, sys.meta_path[:], os.getcwd(), dict(os.environ),
            signal.getsignal(signal.SIGTERM), sys.modules["__main__"], traceback.walk_tb, warnings.filters[:],
        ]  # fmt: skip

    (script.path.parent / "helper.py").write_text("VALUE = 1\n")
    durable_program.run(script.write("print(1)"))  # what only the first run does
    before = state()
    program = script.write("""
        import os, signal, sys, helper
        signal.signal(signal.SIGTERM, print)
        os.environ["LEFT"] = "1"
        os.chdir("/")
        sys.path.append("x")
        sys.excepthook = print
        print(helper.VALUE)
    """)
    assert durable_program.run(program).stdout == "1\n"
    assert state() == before
    assert "helper" not in sys.modules


async def test_in_a_test_that_is_a_coroutine(durable_program: Programs, script) -> None:
    program = script.write("""
        import asyncio

        async def main():
            await asyncio.sleep(3600)
            print("done")

        asyncio.run(main())
    """)
    assert durable_program.run(program).stdout == "done\n"


def test_modules_and_packages(durable_program: Programs, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import sys\nfrom shop import prices\nprint(prices.PRICE, sys.argv[1:])\n")
    (package / "prices.py").write_text("PRICE = 3\n")
    monkeypatch.chdir(tmp_path)
    assert durable_program.run("-m", "shop", "x").stdout == "3 ['x']\n"


def test_a_run_ended_by_a_signal(durable_program: Programs, script) -> None:
    program = script.write("""
        import signal, time

        signal.signal(signal.SIGUSR1, lambda number, frame: print("usr1"))
        try:
            time.sleep(3600)
        finally:
            print("cleaned up")
    """)
    assert durable_program.run(program, signals=[("USR1", 60)]).stdout == "usr1\ncleaned up\n"
    killed = durable_program.run(program, signals=[("SIGUSR1", 60), ("SIGTERM", 120)])
    assert killed.exit_code == -15
    assert "cleaned up" not in killed.stdout
    cancelled = durable_program.run(program, signals=[("cancel", 60)])
    assert (cancelled.stdout, cancelled.exit_code) == ("cleaned up\n", 130)
    assert isinstance(cancelled.exception, KeyboardInterrupt)
