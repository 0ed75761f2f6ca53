"""What a run waits for is shown; signals and cancellation reach it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]


def shown(project: Project, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return what `durable show` says of run `r` as soon as `until` holds of it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        done = project.durable("show", "--json", "r")
        if done.returncode == 0 and until(json.loads(done.stdout)):
            return dict(json.loads(done.stdout))
    raise AssertionError("the run never came that far")


def test_a_timer_and_a_prompt_are_shown_with_their_place(project: Project) -> None:
    project.write(
        "p.py",
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        "print(input('name? '))\n",
    )
    process = project.start("run", "--id", "r", "p.py")
    waits = shown(project, lambda found: len(found["waits"]) == 2)["waits"]
    prompt = next(wait for wait in waits if wait["kind"] == "prompt")
    timer = next(wait for wait in waits if wait["kind"] == "timer")
    assert (prompt["prompt"], prompt["line"]) == ("name? ", 3)
    assert prompt["file"].endswith("p.py")
    assert timer["until"] > time.time() + 500
    assert project.durable("answer", "r", "Ann").returncode == 0
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "name? Ann\n"), err


HANDLER = """\
import signal
import subprocess
import sys
import time

caught = []
signal.signal(signal.SIGUSR1, lambda number, frame: caught.append(signal.Signals(number).name))
print("ready", flush=True)
while not caught:
    time.sleep(0.05)
print(caught)
"""


def test_a_handled_signal_reaches_the_program(project: Project) -> None:
    project.write("p.py", HANDLER)
    process = project.start("run", "--id", "r", "p.py")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGUSR1)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "['SIGUSR1']\n"), err
    assert project.durable("logs", "r").stdout == "ready\n['SIGUSR1']\n"


def test_durable_signal_reaches_the_program(project: Project) -> None:
    project.write("p.py", HANDLER)
    process = project.start("run", "--id", "r", "p.py")
    shown(project, lambda found: bool(found["waits"]))
    assert project.durable("signal", "r", "SIGUSR1").returncode == 0
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "ready\n['SIGUSR1']\n"), err


def test_cancel_is_a_keyboard_interrupt(project: Project) -> None:
    project.write(
        "p.py",
        "import os, time\ntry:\n    time.sleep(600)\nfinally:\n    os.mkdir('cleaned')\n",
    )
    process = project.start("run", "--id", "r", "p.py")
    shown(project, lambda found: bool(found["waits"]))
    assert project.durable("cancel", "r").returncode == 0
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "KeyboardInterrupt" in err
    assert (project.folder / "cleaned").is_dir()
    assert shown(project, lambda found: True)["status"] == "cancelled"


def test_what_was_printed_before_a_wait_is_kept(project: Any) -> None:
    project.write("p.py", "import time\nprint('before')\ntime.sleep(3000)\n")
    process = project.start("run", "--id", "r", "p.py")
    deadline = time.monotonic() + 60
    while project.durable("logs", "r").stdout != "before\n" and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    process.communicate()
    assert project.durable("logs", "r").stdout == "before\n"


def test_output_is_seen_while_the_program_computes(project: Project) -> None:
    project.write("busy.py", "print('begun', flush=True)\nwhile True:\n    pass\n")
    child = project.start("run", "busy.py")
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    child.send_signal(signal.SIGINT)
    child.communicate()
    assert child.returncode == 130


def test_a_secret_is_read_from_standard_input_where_there_is_no_terminal(project: Project) -> None:
    project.write(
        "p.py",
        "import getpass\n"
        "print(input('name? '), getpass.getpass('secret? '), input('and? '))\n"
        "try:\n    getpass.getpass()\nexcept EOFError:\n    print('over')\n",
    )

    def done(*command: str) -> tuple[int, str, list[str]]:
        found = subprocess.run(
            [sys.executable, *command, "p.py"],
            cwd=project.folder,
            env=project.environment(),
            input="ann\nhush\nbob\n",
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        lines = [line for line in found.stderr.splitlines() if not line.startswith("durable: ")]
        return found.returncode, found.stdout, lines

    assert done("-m", "durable", "run", "--id", "r") == done()
