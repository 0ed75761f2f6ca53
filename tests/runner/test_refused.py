"""What is refused where nothing calls it in sight raises when it is called after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

TESTS = """\
import os
import sys
import unittest


class Tests(unittest.TestCase):
    def test_trace(self):
        sys.settrace(None)
        sys.settrace(print)

    def test_fork(self):
        getattr(os, "fork")()

    def test_sum(self):
        self.assertEqual(1 + 1, 2)


if __name__ == "__main__":
    unittest.main()
"""
BY_NAME = """\
import os


class Ends:
    def leave(self):
        os.abort()


try:
    getattr(Ends(), "lea" + "ve")()
except Exception:
    print("hidden")
"""


def test_a_refused_call_fails_the_test_that_makes_it(project: Project) -> None:
    project.write("tests.py", TESTS)
    done = project.durable("run", "tests.py", "-v")
    assert "tests.py:9: sys.settrace is refused in a durable run" in done.stderr
    assert "tests.py:12: os.fork is refused in a durable run" in done.stderr
    assert "Ran 3 tests" in done.stderr
    assert "FAILED (errors=2)" in done.stderr


def test_a_refused_call_that_nobody_catches_ends_the_run(project: Project) -> None:
    project.write("ends.py", BY_NAME)
    done = project.durable("run", "ends.py")
    assert done.returncode == 3
    assert "ends.py:6: os.abort is refused in a durable run" in done.stderr
    assert "hidden" not in done.stdout


def test_fork_is_refused_and_multiprocessing_is_not(project: Project) -> None:
    project.write(
        "pool.py", "import multiprocessing, os\nmultiprocessing.Process(target=getattr(os, 'fork' + 'pty')).start()\n"
    )
    done = project.durable("run", "pool.py")
    assert done.returncode == 3
    assert "os.forkpty is refused in a durable run" in done.stderr


def test_trio_is_refused_wherever_it_is_called_from(project: Project) -> None:
    calls = "async def main():\n    pass\ntry:\n    anyio.run(main, backend='trio')\n"
    text = f"import anyio\n{calls}except Exception:\n    print('hidden')\n"
    project.write("reef.py", text)
    done = project.durable("run", "reef.py")
    assert (done.returncode, done.stdout) == (3, "")
    assert "reef.py:5: trio.run is refused in a durable run; a run has the event loop of asyncio" in done.stderr
