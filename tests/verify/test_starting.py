"""A process that is forked for a verification is as one that is started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from durable.runner.verify.starting import starter

PROGRAM = """
import atexit, os, signal, sys, threading, time
print(__name__, __file__, sys.argv, sys.path[0], os.getcwd(), os.environ["ASKED"])
print(sys.stdin.encoding, sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.line_buffering, sys.flags)
print(signal.getsignal(signal.SIGCHLD), threading.current_thread() is threading.main_thread())
print(sorted(name for name in sys.modules["__main__"].__dict__ if not name.startswith("__")))
atexit.register(print, "at the end")
print("said", file=sys.stderr)
with open("kept.txt", "w") as file:
    file.write(sys.stdin.read().upper())
print(open("kept.txt").read())
sys.exit(int(sys.argv[1]))
"""


def test_a_forked_process_is_as_a_started_one(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    arguments = ["run", "--id", "one", "program.py", "7"]
    base = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
    found = []
    given = b"a line\n" * 40_000
    with starter({**base, "PYTHONHASHSEED": "0"}) as start:
        for way in ("started", "forked"):
            env = {**base, "PYTHONHASHSEED": "0", "ASKED": "yes", "DURABLE_HOME": str(tmp_path / way)}
            done = (
                start.durable(arguments, tmp_path, env, given)
                if way == "forked"
                else subprocess.run(
                    [sys.executable, "-m", "durable", *arguments],
                    cwd=tmp_path,
                    env=env,
                    input=given,
                    capture_output=True,
                    check=False,
                )
            )
            found.append((done.stdout, done.stderr, done.returncode))
    assert found[0] == found[1]
    assert found[0][2] == 7
    assert b"A LINE" in found[0][0]


def test_a_crash_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("open('a', 'w').close()\nprint('done')\n")
    arguments = ["run", "--id", "one", "program.py"]
    env = {**os.environ, "PYTHONHASHSEED": "0", "DURABLE_HOME": str(tmp_path / "state")}
    with starter(env) as start:
        assert start.durable(arguments, tmp_path, env | {"DURABLE_CRASH": "2"}, b"").returncode == -signal.SIGKILL
        done = start.durable(arguments, tmp_path, env, b"")
    assert (done.returncode, done.stdout) == (0, b"done\n")
