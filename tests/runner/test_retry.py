"""`durable retry` goes on from the failed step and keeps what was before it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]


def test_retry_goes_on_from_the_failed_step(project: Project) -> None:
    project.write("p.py", 'import os\nos.mkdir("a")\nprint(open("config").read())\nos.mkdir("b")\n')
    failed = project.durable("run", "--id", "r", "p.py")
    assert failed.returncode == 1
    assert "p.py:3" in failed.stderr
    project.write("config", "hello")
    done = project.durable("retry", "r")
    assert (done.returncode, done.stdout) == (0, "hello\n"), done.stderr
    assert (project.folder / "b").is_dir()


def test_a_handled_error_is_not_the_failed_step(project: Project) -> None:
    project.write(
        "p.py",
        "import os\n"
        "try:\n    open('absent')\nexcept FileNotFoundError:\n    pass\n"
        "os.mkdir('a')\n"
        "print(1 / len(os.listdir('a')))\n",
    )
    assert project.durable("run", "--id", "r", "p.py").returncode == 1
    again = project.durable("retry", "r")
    assert again.returncode == 1
    assert "ZeroDivisionError" in again.stderr
    steps = json.loads(project.durable("show", "--json", "r").stdout)["steps"]
    assert [step["callee"] for step in steps].count("os.mkdir") == 1


def test_steps_of_other_threads_are_not_done_again_unasked(project: Project) -> None:
    project.write(
        "p.py",
        "import os, time\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "def slow(name):\n    time.sleep(0.2)\n    os.mkdir(name)\n"
        "with ThreadPoolExecutor() as pool:\n"
        "    bad = pool.submit(os.rmdir, 'absent')\n    good = pool.submit(slow, 'good')\n"
        "bad.result()\n",
    )
    assert project.durable("run", "--id", "r", "p.py").returncode == 1
    refused = project.durable("retry", "r")
    assert refused.returncode == 2
    assert "os.mkdir" in refused.stderr


def test_only_failed_runs_are_retried(project: Project) -> None:
    project.write("p.py", "print(1)\n")
    project.durable("run", "--id", "r", "p.py")
    done = project.durable("retry", "r")
    assert done.returncode == 2
    assert "completed" in done.stderr
