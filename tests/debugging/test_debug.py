"""`durable debug`: pdb on a run's past, driven through a pipe and through a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

PROGRAM = """\
import subprocess
import time


def price(name):
    text = subprocess.run(["echo", name], capture_output=True, text=True).stdout
    size = len(text)
    return size * 2


def main():
    total = 0
    for name in ("a", "bb", "ccc"):
        total += price(name)
        print(name, total)
    time.sleep(0.1)
    raise ValueError(f"total {total}")


if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def failed(shared_project):
    """A project with a failed run, `r`, and an unfinished one, `asks`."""
    shared_project.write("prices.py", PROGRAM)
    assert shared_project.durable("run", "--id", "r", "prices.py").returncode == 1
    shared_project.write("asks.py", "count = 3\nname = input('name? ')\nprint(name)\n")
    running = shared_project.start("run", "--id", "asks", "asks.py")
    while "name? " not in shared_project.durable("logs", "asks").stdout:
        time.sleep(0.05)
    running.kill()
    running.communicate()
    return shared_project


def debugged(project, *args: str, commands: str) -> list[str]:
    """Return what the debugger says to each of the commands, what it says at first before them."""
    done = project.durable("debug", *args, input=commands.replace("; ", "\n") + "\n")
    assert done.stderr == "", done.stderr
    return [answer.strip() for answer in done.stdout.replace(f"{project.folder}/", "").split("(Pdb) ")]


def test_forwards_and_backwards(failed) -> None:
    before = failed.home.joinpath("journal.db").read_bytes()
    commands = "w; n; n; p size; back; p name; forward; p name; up; p total; b 17; c; p total; goto 2; p name; q"
    said = debugged(failed, "r", "--at", "1", commands=commands)
    call = '-> text = subprocess.run(["echo", name], capture_output=True, text=True).stdout'
    assert said[0] == f"-- step 1 is asked for --\n> prices.py(6)price()\n{call}"
    assert said[1] == (
        "prices.py(21)<module>()\n-> main()\n  prices.py(14)main()\n-> total += price(name)\n"
        f"> prices.py(6)price()\n{call}"
    )
    assert said[2:4] == [
        "> prices.py(7)price()\n-> size = len(text)",
        "> prices.py(8)price()\n-> return size * 2",
    ]
    assert said[4] == "3"
    assert said[5].startswith("-- step 0 is asked for --")
    assert said[6] == "'a'"
    assert said[7].startswith("a 4\n-- step 1 is asked for --")
    assert said[8] == "'bb'"
    assert said[10] == "4"
    assert said[12] == 'bb 10\nccc 18\n> prices.py(17)main()\n-> raise ValueError(f"total {total}")'
    assert said[13] == "18"
    assert said[14].startswith("-- step 2 is asked for --")
    assert said[15] == "'ccc'"
    assert failed.home.joinpath("journal.db").read_bytes() == before


def test_breakpoints_outlast_going_back(failed) -> None:
    said = debugged(failed, "r", "--at", "-1", commands='n; n; b price, name == "bb"; c; p name; restart; c; p name; q')
    assert said[0] == "> prices.py(1)<module>()\n-> import subprocess"
    assert said[1] == "> prices.py(2)<module>()\n-> import time"
    assert said[5] == "'bb'"
    assert said[6] == "> prices.py(1)<module>()\n-> import subprocess"
    assert said[8] == "'bb'"


def test_the_end_of_a_failed_run_is_looked_at(failed) -> None:
    said = debugged(failed, "r", commands="p total; back; p total; q")
    assert said[0].startswith("-- the program ends with exit code 1 --\nValueError: total 18\n> prices.py(17)main()")
    assert said[1] == "18"
    assert said[2] == "-- step 3 is asked for --\n> prices.py(16)main()\n-> time.sleep(0.1)"


def test_a_run_that_waits(failed) -> None:
    said = debugged(failed, "asks", commands="p count; c; q")
    stands = "> asks.py(2)<module>()\n-> name = input('name? ')"
    assert said[0].endswith(stands)
    assert said[1] == "3"
    assert said[2] == f"-- the journal ends here --\n{stands}"


def test_nothing_of_the_world_is_touched(failed) -> None:
    touching = [
        'p subprocess.run(["touch", "hack"])', 'open("hack", "w")', "import os; os.mkdir('hack')", "p time.time()",
        "import pathlib; pathlib.Path('hack').touch()", "import _io; _io.FileIO('hack', 'w')",
    ]  # fmt: skip
    commands = "\n".join([*touching, "p 1 + 1", "n", "q"])
    done = failed.durable("debug", "r", "--at", "0", input=commands)
    said = done.stdout.split("(Pdb) ")[1:]
    assert all(answer.startswith("*** ") for answer in said[: len(touching)]), said
    assert said[len(touching)] == "2\n"
    assert "(7)price()" in said[len(touching) + 1]
    assert not Path(failed.folder, "hack").exists()


def test_threads_and_tasks(failed) -> None:
    failed.write(
        "tasks.py",
        "import asyncio, subprocess, threading\n\ndef work(number):\n    double = number * 2\n"
        "    subprocess.run(['true'])\n    print(double)\n\nthreads = [threading.Thread(target=work, args=(n,)) "
        "for n in (1, 2)]\n[t.start() for t in threads]\n[t.join() for t in threads]\n\nasync def main():\n"
        "    await asyncio.sleep(0.01)\n    here = 7\n    subprocess.run(['true'])\n    print(here)\n\n"
        "asyncio.run(main())\n",
    )
    assert failed.durable("run", "--id", "tasks", "tasks.py").returncode == 0
    last = failed.durable("show", "tasks").stdout.splitlines()[-1].split()[1]
    said = debugged(failed, "tasks", "--at", "1", commands=f"p double; n; p double; goto {last}; p here; c; q")
    assert said[1] == "4"
    assert said[2].endswith("> tasks.py(6)work()\n-> print(double)")
    assert said[5] == "7"
    assert "-- the program ends with exit code 0 --" in said[6]


def test_on_a_terminal(failed) -> None:
    main, side = pty.openpty()
    command = [sys.executable, "-m", "durable", "debug", "r", "--at", "0"]
    env = failed.environment({"TERM": "dumb"})

    def own_terminal() -> None:
        os.setsid()
        fcntl.ioctl(side, termios.TIOCSCTTY, 0)

    streams = {"stdin": side, "stdout": side, "stderr": side}
    running = subprocess.Popen(command, cwd=failed.folder, env=env, preexec_fn=own_terminal, **streams)
    os.close(side)
    assert "step 0 is asked for" in read_until(main, "(Pdb) ")
    for typed, expected in (
        ("p name\n", "'a'"),
        ("forward\n", "step 1 is asked for"),
        ("back\n", "step 0"),
        ("ll\n", "def price"),
    ):
        os.write(main, typed.encode())
        assert expected in read_until(main, "(Pdb) "), typed
    wait_until_asleep(running.pid)  # a signal between readline's prompt and its select() is lost, in plain Python too
    os.write(main, b"\x03")
    assert "KeyboardInterrupt" in read_until(main, "(Pdb) ")
    os.write(main, b"q\n")
    assert running.wait(timeout=60) == 0
    os.close(main)


def wait_until_asleep(pid: int) -> None:
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
        time.sleep(0.01)


def read_until(fd: int, wanted: str) -> str:
    text = ""
    end = time.monotonic() + 60
    while not text.endswith(wanted) and time.monotonic() < end:
        if select.select([fd], [], [], 1)[0]:
            text += os.read(fd, 4096).decode()
    return text


def test_what_there_is_not(failed) -> None:
    none = failed.durable("debug", "nothing")
    assert (none.returncode, "there is no run nothing" in none.stderr) == (4, True)
